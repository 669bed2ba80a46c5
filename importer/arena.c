/* SPDX-License-Identifier: MIT */
#include "importer/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "importer/compat.h"
#include "importer/pages.h"

enum {
	SLOT_SIZE = 256 * 1024, /* divides the size of all arenas that were ever in use */
	SLOT_MAX = 512,
};

/* The area, and which parts of it are in use. Changed under the GIL, as all of pymalloc is. */
struct area {
	char *start;
	size_t slot_count;
	bool in_use[SLOT_MAX];
	PyObjectArenaAllocator other; /* who serves what has no place here */
};

static struct area area;

static bool is_free(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		if (area.in_use[i])
			return false;
	return true;
}

static void mark(size_t first, size_t count, bool in_use)
{
	for (size_t i = first; i < first + count; i++)
		area.in_use[i] = in_use;
}

/* The lowest place, so that huge pages that are there already are filled up. */
static void *allocate(void *context, size_t size)
{
	const size_t count = size / SLOT_SIZE;

	(void)context;
	if (size % SLOT_SIZE == 0 && count > 0 && count <= area.slot_count)
		for (size_t i = 0; i + count <= area.slot_count; i += count)
			if (is_free(i, count)) {
				mark(i, count, true);
				return area.start + i * SLOT_SIZE;
			}
	return area.other.alloc(area.other.ctx, size);
}

/* The memory goes back to the system at once, as that of other arenas does. */
static void release(void *context, void *arena, size_t size)
{
	const uintptr_t offset = (uintptr_t)arena - (uintptr_t)area.start;

	(void)context;
	if (offset >= area.slot_count * SLOT_SIZE) {
		area.other.free(area.other.ctx, arena, size);
		return;
	}
	(void)madvise(arena, size, MADV_DONTNEED);
	mark(offset / SLOT_SIZE, size / SLOT_SIZE, false);
}

/* Aligned to a huge page. */
static char *reserve(size_t size)
{
	char *const room = mmap(NULL, size + PAGES_HUGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return NULL;
	const size_t before = -(uintptr_t)room % PAGES_HUGE;
	if (before > 0)
		munmap(room, before);
	munmap(room + before + size, PAGES_HUGE - before);
	return room + before;
}

void arena_install(size_t size)
{
	PyObjectArenaAllocator allocator = {.alloc = allocate, .free = release};

	size = size / PAGES_HUGE * PAGES_HUGE;
	if (size > (size_t)SLOT_MAX * SLOT_SIZE)
		size = (size_t)SLOT_MAX * SLOT_SIZE;
	if (area.start != NULL || !pages_are_plentiful(size))
		return;
	area.start = reserve(size);
	if (area.start == NULL)
		return;
	pages_want_huge(area.start, size);
	area.slot_count = size / SLOT_SIZE;
	PyObject_GetArenaAllocator(&area.other);
	PyObject_SetArenaAllocator(&allocator);
}

size_t arena_size(void)
{
	return area.slot_count * SLOT_SIZE;
}
