/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/blocks.h"

#include <sys/mman.h>

/* In front of what malloc() returns: struct malloc_chunk, and the low bits of its size. */
enum { IS_MAPPED = 2, FLAGS = 7, WORDS = 2, DISTANCE = 16 };

/* The size is up to the end of the mapping; since glibc 2.43, without the head. */
static bool is_head(const struct map *map, uint64_t address, const uint64_t words[WORDS],
		    uint64_t page_size)
{
	/* Behind the begin, where memory was asked for at a multiple of something. */
	const uint64_t start = address - words[0];
	const uint64_t size = words[1] & ~(uint64_t)FLAGS;

	if ((words[1] & FLAGS) != IS_MAPPED || start % page_size != 0 || start < map->start ||
	    start > address || size > map->end - address)
		return false;
	const uint64_t rest = -(address + size) % page_size;
	return (rest == 0 || rest == DISTANCE) && address + size + rest - start > page_size;
}

/* What looks like a block by chance does no harm. */
bool blocks_begin_in(const struct map *map, uint64_t address, const uint8_t *page, size_t page_size)
{
	const uint64_t *const words = (const uint64_t *)(const void *)page;

	if (map->kind != MAP_KIND_ANONYMOUS || map->protection != (PROT_READ | PROT_WRITE))
		return false;
	for (size_t at = 0; at < page_size; at += DISTANCE)
		if (is_head(map, address + at, &words[at / sizeof(*words)], page_size))
			return true;
	return false;
}
