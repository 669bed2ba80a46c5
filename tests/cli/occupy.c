/* SPDX-License-Identifier: MIT */
/* Preloaded, it takes the address where images like to lie, before the importer comes to it. */
#include <sys/mman.h>

#include "lib/format.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

__attribute__((constructor)) static void occupy(void)
{
	(void)mmap((void *)(uintptr_t)PYB_IMAGE_BASE, PYB_PAGE_SIZE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}
