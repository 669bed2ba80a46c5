/* SPDX-License-Identifier: MIT */
/* Names one after the other, as sections HARMLESS and FROZEN hold them. */
#ifndef PYB_NAME_LIST_H
#define PYB_NAME_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/reader.h"

/* Whether a NUL is behind each name, and none is empty; *count is how many there are. */
bool pyb_name_list_is_sound(const struct pyb_bytes *names, uint32_t *count);

#endif
