/* SPDX-License-Identifier: MIT */
#include "lib/name_list.h"

bool pyb_name_list_is_sound(const struct pyb_bytes *names, uint32_t *count)
{
	*count = 0;
	if (names->size > UINT32_MAX || (names->size > 0 && names->data[names->size - 1] != '\0'))
		return false;
	for (uint64_t i = 0; i < names->size; i++) {
		if (names->data[i] != '\0')
			continue;
		if (i == 0 || names->data[i - 1] == '\0')
			return false;
		++*count;
	}
	return true;
}
