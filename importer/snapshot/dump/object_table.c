/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/object_table.h"

#include <dlfcn.h>
#include <stddef.h>

/* Older libraries do not have it, and no table either. */
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));

bool object_table_look_up(uint64_t address, uint64_t entry[OBJECT_WORDS])
{
	struct dl_find_object found;

	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	if (&_dl_find_object == NULL || _dl_find_object((void *)(uintptr_t)address, &found) != 0)
		return false;
	entry[OBJECT_START] = (uintptr_t)found.dlfo_map_start;
	entry[OBJECT_END] = (uintptr_t)found.dlfo_map_end;
	entry[OBJECT_LINK_MAP] = (uintptr_t)found.dlfo_link_map;
	entry[OBJECT_FRAMES] = (uintptr_t)found.dlfo_eh_frame;
	return true;
}
