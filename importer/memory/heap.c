/* SPDX-License-Identifier: MIT */
#include "importer/memory/heap.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "importer/memory/pages.h"

/*
 * glibc's heap grows by a little more than what does not fit. It keeps what was freed unless that is
 * at the end, and maps pieces of 128 KiB and more elsewhere, until one of these was freed. (glibc
 * 2.36, malloc/malloc.c: sysmalloc(), systrim(), __libc_free().) So we allocate smaller ones until
 * there is room, and free all but the last. mallopt() and GLIBC_TUNABLES would need less, but change
 * what becomes of the program's memory later on.
 */
enum {
	PAGE = 4096,
	PIECE_SIZE = 124 << 10,
	PIECE_COUNT = 512, /* at the most */
	PIECE_APART = PIECE_SIZE + 32,
	NEW_MAX = 1 << 20, /* bytes of a heap in which little was allocated, at the most */
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
 * Whether the allocator is the C library's. malloc() and free() need not tell: their address is in the
 * program itself if that takes it.
 */
static bool is_of_libc(void)
{
	const void *const libc = base_of((uintptr_t)sbrk);

	return libc != NULL && base_of((uintptr_t)realloc) == libc &&
	       base_of((uintptr_t)calloc) == libc && base_of((uintptr_t)posix_memalign) == libc;
}

/* Whether it takes memory from a heap that ends at the program break, and took little yet. */
static bool malloc_uses_break(void)
{
	char *const memory = malloc(1);
	const uintptr_t address = (uintptr_t)memory;
	const uintptr_t end = (uintptr_t)sbrk(0);

	free(memory);
	return memory != NULL && address < end && end - address < NEW_MAX;
}

/* Move the break to the last page before one that can be huge. Returns the break, or NULL. */
static char *align_break(void)
{
	const uintptr_t end = (uintptr_t)sbrk(0);
	const uintptr_t before = -(end + PAGE) % PAGES_HUGE;

	return (uintptr_t)sbrk((intptr_t)before) == end ? (char *)(end + before) : NULL;
}

/*
 * Allocate until a piece lies behind `end`. The first ones may fit in what the heap has already; from
 * `start` on there must be no gap.
 */
static bool fill(struct pieces *pieces, const char *start, const char *end)
{
	const char *before = start;

	while (before < end) {
		char *const piece = pieces->count < PIECE_COUNT ? malloc(PIECE_SIZE) : NULL;
		if (piece == NULL)
			return false;
		pieces->piece[pieces->count++] = piece;
		if (piece < start)
			continue;
		if (piece - before > PIECE_APART)
			return false;
		before = piece;
	}
	return true;
}

static void release(struct pieces *pieces)
{
	while (pieces->count > 0)
		free(pieces->piece[--pieces->count]);
}

/*
 * What was touched has small pages, which stay; so this becomes new memory, free as it is. It is there
 * before the old one goes: a mapping that fails in its place could leave none.
 */
static bool renew(char *start, size_t size)
{
	char *const fresh =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fresh == MAP_FAILED)
		return false;
	if (mremap(fresh, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED) {
		munmap(fresh, size);
		return false;
	}
	pages_want_huge(start, size);
	return true;
}

size_t heap_want_huge(size_t size)
{
	struct pieces pieces = {.count = 0};

	if (size == 0 || !is_unlimited(RLIMIT_DATA) || !is_unlimited(RLIMIT_AS) || !is_of_libc() ||
	    !malloc_uses_break())
		return 0;
	char *const start = align_break();
	if (start == NULL || !fill(&pieces, start, start + PAGE + size)) {
		release(&pieces);
		return 0;
	}
	/* The last one, of which little was touched, stays and keeps the heap from shrinking. */
	pieces.count--;
	release(&pieces);
	return renew(start + PAGE, size) ? size : 0;
}
