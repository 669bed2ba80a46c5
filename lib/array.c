/* SPDX-License-Identifier: MIT */
#include "lib/array.h"

#include <stdlib.h>

#include "lib/format.h"

enum pyb_status pyb_array_grow(void **array, size_t count, size_t size, struct pyb_error *error)
{
	size_t bytes;

	if (count != 0 && (count & (count - 1)) != 0)
		return PYB_OK;
	if (count >= PYB_NONE / 2 ||
	    __builtin_mul_overflow(count == 0 ? 1 : 2 * count, size, &bytes))
		return pyb_error_set(error, PYB_ERR_INVALID, "there are too many records");
	void *const grown = realloc(*array, bytes);
	if (grown == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	*array = grown;
	return PYB_OK;
}
