/* SPDX-License-Identifier: MIT */
/*
 * Blocks that malloc() has mapped each by itself, and that realloc() gives another size with mremap(2). That would
 * go wrong in a process that is restored: where the pages come from a file, those that are added are the next ones
 * of the file, or none (SIGBUS). The kernel refuses it for more than one mapping, and realloc() copies then
 * (glibc, malloc/malloc.c: mremap_chunk()). So the first page of a block is a mapping of its own, told from the
 * next by MADV_RANDOM, which does nothing else to a page.
 */
#ifndef IMPORTER_SNAPSHOT_DUMP_BLOCKS_H
#define IMPORTER_SNAPSHOT_DUMP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/dump/maps.h"

/* Whether such a block, if it has more than one page, begins in this page of the map, which holds these bytes. */
bool blocks_begin_in(const struct map *map, uint64_t address, const uint8_t *page,
		     size_t page_size);

#endif
