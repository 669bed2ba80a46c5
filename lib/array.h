/* SPDX-License-Identifier: MIT */
/* Arrays that grow by one element at a time, for owners that count the elements themselves. */
#ifndef PYB_ARRAY_H
#define PYB_ARRAY_H

#include <stddef.h>

#include "lib/error.h"

/*
 * Make room for one more element behind the `count` ones, of `size` bytes each, that *array has. The
 * room is doubled whenever the count is a power of two, so that nobody has to note how much there is;
 * an array is to be grown in this way only. It begins as NULL and is freed with free().
 * Errors: PYB_ERR_MEMORY, and PYB_ERR_INVALID for more elements than record numbers can tell; the array
 * is as it was.
 */
enum pyb_status pyb_array_grow(void **array, size_t count, size_t size, struct pyb_error *error);

#endif
