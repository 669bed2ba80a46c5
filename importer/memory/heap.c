/* SPDX-License-Identifier: MIT */
#include "importer/memory/heap.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "importer/memory/pages.h"

/*
 * glibc's heap grows by a little more than what does not fit. It keeps what was freed unless that is
 * at the end, and maps blocks of 128 KiB and more elsewhere if no free memory of the heap holds them.
 * (glibc 2.36, malloc/malloc.c: _int_malloc(), sysmalloc(), systrim().) So we allocate smaller pieces
 * until there is room, free all but the last, and allocate that room as one block. mallopt() and
 * GLIBC_TUNABLES would need less, but change what becomes of the program's memory later on.
 */
enum {
	PAGE = 4096,
	PIECE_SIZE = 124 << 10,
	PIECE_COUNT = 512,       /* at the most */
	ROOM_BEFORE = 256 << 10, /* what can be free at the end of the heap at the beginning */
	LITTLE_USED = 1 << 20,   /* bytes of a heap that has hardly been used, at the most */
};

struct pieces {
	char *piece[PIECE_COUNT];
	size_t count;
};

/* Where memory is limited, room that is only set aside would be missing. */
static bool is_unlimited(__rlimit_resource_t resource)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

static const void *base_of(uintptr_t function)
{
	Dl_info found;

	return dladdr((const void *)function, &found) != 0 ? found.dli_fbase : NULL;
}

/*
 * Whether the allocator is the C library's. The addresses of malloc() and free() do not tell: they are
 * in the program itself if it compares or stores them.
 */
static bool is_of_libc(void)
{
	const void *const libc = base_of((uintptr_t)sbrk);

	return libc != NULL && base_of((uintptr_t)realloc) == libc &&
	       base_of((uintptr_t)calloc) == libc && base_of((uintptr_t)posix_memalign) == libc;
}

/* Whether malloc() takes memory from a heap that ends at the program break, and has taken little. */
static bool malloc_uses_break(void)
{
	char *const memory = malloc(1);
	const uintptr_t address = (uintptr_t)memory;
	const uintptr_t end = (uintptr_t)sbrk(0);

	free(memory);
	return memory != NULL && address < end && end - address < LITTLE_USED;
}

/*
 * Move the break to the last page before one that can be huge, which then has the head of the block.
 * glibc puts up with others who move the break. Returns the break, or NULL.
 */
static char *align_break(void)
{
	const uintptr_t end = (uintptr_t)sbrk(0);
	const uintptr_t before = -(end + PAGE) % PAGES_HUGE;

	return (uintptr_t)sbrk((intptr_t)before) == end ? (char *)(end + before) : NULL;
}

/* Allocate until a piece lies behind `end`. The first ones may fit in what the heap has already, anywhere. */
static bool grow(struct pieces *pieces, const char *end)
{
	const char *last = NULL;

	while (last == NULL || last < end || last >= (const char *)sbrk(0)) {
		char *const piece = pieces->count < PIECE_COUNT ? malloc(PIECE_SIZE) : NULL;
		if (piece == NULL)
			return false;
		pieces->piece[pieces->count++] = piece;
		last = piece;
	}
	return true;
}

static void release(struct pieces *pieces)
{
	while (pieces->count > 0)
		free(pieces->piece[--pieces->count]);
}

/*
 * The range is renewed while it lies within a block that is allocated, so that nothing of it is
 * malloc()'s own or anybody else's.
 */
static bool renew_in_block(char *start, size_t size)
{
	const size_t block_size = size + ROOM_BEFORE;
	char *const block = malloc(block_size);
	const bool is_inside =
		block != NULL && block <= start && (size_t)(start - block) <= block_size - size;
	const bool is_done = is_inside && pages_renew(start, size);

	free(block);
	return is_done;
}

/*
 * malloc() calls sbrk() as well, and sbrk() is not safe among threads: one that grows the break while
 * another does may take back what that one has just been given.
 */
static bool can_move_break(void)
{
	return __libc_single_threaded != 0 && is_of_libc();
}

static bool can_grow(size_t size)
{
	return size != 0 && is_unlimited(RLIMIT_DATA) && is_unlimited(RLIMIT_AS) &&
	       can_move_break();
}

static size_t grow_with_huge(size_t size)
{
	struct pieces pieces = {.count = 0};
	bool is_done = false;
	char *const start = align_break();

	if (start != NULL && grow(&pieces, start + size + 2 * (size_t)ROOM_BEFORE)) {
		/* The last one, of which little was touched, stays: the heap does not shrink. */
		pieces.count--;
		release(&pieces);
		is_done = renew_in_block(start + PAGE, size);
	}
	release(&pieces);
	return is_done ? size : 0;
}

size_t heap_want_huge(size_t size)
{
	return can_grow(size) && malloc_uses_break() ? grow_with_huge(size) : 0;
}

size_t heap_want_huge_again(size_t size)
{
	const size_t allocated = mallinfo2().uordblks;
	const size_t missing = size > allocated ? pages_round(size - allocated) : 0;

	return pages_are_plentiful(missing) && can_grow(missing) ? grow_with_huge(missing) : 0;
}
