/* SPDX-License-Identifier: MIT */
#include "importer/memory/arena.h"

#include <stdint.h>
#include <sys/mman.h>

#include "importer/memory/pages.h"

/* Bytes of a slot: they divide the size of all arenas that were ever in use. */
enum { SLOT_SIZE = 256 * 1024 };

/* Neighbours, as many as divide a word, the first of which is at a multiple of their number. */
static uint64_t bits_of(size_t first, size_t count)
{
	const uint64_t bits =
		count == ARENA_SLOTS_IN_WORD ? UINT64_MAX : (UINT64_C(1) << count) - 1;

	return bits << first % ARENA_SLOTS_IN_WORD;
}

static bool take(struct arena *arena, size_t first, size_t count)
{
	_Atomic(uint64_t) *const word = &arena->in_use[first / ARENA_SLOTS_IN_WORD];
	const uint64_t bits = bits_of(first, count);
	uint64_t before = atomic_load(word);

	do {
		if ((before & bits) != 0)
			return false;
	} while (!atomic_compare_exchange_weak(word, &before, before | bits));
	return true;
}

/* The lowest place, so that huge pages that are there already are filled up. */
static void *allocate(void *context, size_t size)
{
	struct arena *const arena = context;
	const size_t count = size / SLOT_SIZE;

	if (size % SLOT_SIZE == 0 && count > 0 && ARENA_SLOTS_IN_WORD % count == 0)
		for (size_t i = 0; i + count <= arena->slot_count; i += count)
			if (take(arena, i, count))
				return arena->start + i * SLOT_SIZE;
	return arena->other.alloc(arena->other.ctx, size);
}

/* The memory goes back to the system at once, as that of other arenas does. */
static void release(void *context, void *memory, size_t size)
{
	struct arena *const arena = context;
	const uintptr_t offset = (uintptr_t)memory - (uintptr_t)arena->start;
	const size_t first = offset / SLOT_SIZE;

	if (first >= arena->slot_count) {
		arena->other.free(arena->other.ctx, memory, size);
		return;
	}
	(void)madvise(memory, size, MADV_DONTNEED);
	atomic_fetch_and(&arena->in_use[first / ARENA_SLOTS_IN_WORD],
			 ~bits_of(first, size / SLOT_SIZE));
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

size_t arena_round(size_t size)
{
	const size_t most = (size_t)ARENA_SLOTS * SLOT_SIZE;

	return size > most ? most : pages_round(size);
}

void arena_install(struct arena *arena, size_t size)
{
	PyObjectArenaAllocator allocator = {.ctx = arena, .alloc = allocate, .free = release};

	if (arena->start != NULL || size == 0)
		return;
	arena->start = reserve(size);
	if (arena->start == NULL)
		return;
	pages_want_huge(arena->start, size);
	arena->slot_count = size / SLOT_SIZE;
	PyObject_GetArenaAllocator(&arena->other);
	PyObject_SetArenaAllocator(&allocator);
}

size_t arena_size(const struct arena *arena)
{
	return arena->slot_count * SLOT_SIZE;
}
