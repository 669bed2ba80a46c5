/* SPDX-License-Identifier: MIT */
#include "importer/heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "importer/pages.h"

enum {
	PAGE = 4096,
	CHUNK_HEAD = 16,   /* bytes in front of what malloc() returns */
	NEW_MAX = 1 << 20, /* bytes of a heap in which little was allocated, at the most */
};

/* Where memory is limited, room that is only set aside would be missing. */
static bool is_unlimited(int resource)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

/* Whether malloc() takes memory from a heap that ends at the program break, and took little yet. */
static bool malloc_uses_break(void)
{
	char *const memory = malloc(1);
	const uintptr_t address = (uintptr_t)memory;
	const uintptr_t end = (uintptr_t)sbrk(0);

	free(memory);
	return memory != NULL && address < end && end - address < NEW_MAX;
}

/*
 * glibc maps large pieces elsewhere. Where one was freed it takes the next that are smaller from the
 * heap, and keeps twice as much at its end: it adapts to programs that come and go with such pieces,
 * as ours does with the tables of dictionaries. (glibc 2.36, malloc/malloc.c: __libc_free().)
 */
static void get_used_to(size_t size)
{
	void *volatile piece = malloc(size);

	free(piece);
}

/* Move the break to the last page before one that can be huge. Returns the break, or NULL. */
static char *align_break(void)
{
	const uintptr_t end = (uintptr_t)sbrk(0);
	const uintptr_t before = -(end + PAGE) % PAGES_HUGE;

	return (uintptr_t)sbrk((intptr_t)before) == end ? (char *)(end + before) : NULL;
}

/*
 * The heap grows at once from a page in front of the huge ones to behind them, so that none of them
 * was touched when the kernel is told, and they are the heap's free end afterwards.
 */
size_t heap_want_huge(size_t size)
{
	if (size == 0 || !is_unlimited(RLIMIT_DATA) || !is_unlimited(RLIMIT_AS) ||
	    !malloc_uses_break())
		return 0;
	get_used_to(size + 2 * PAGE);
	char *const end = align_break();
	char *const piece = malloc(size + PAGE);
	const bool is_there = end != NULL && piece == end + CHUNK_HEAD;
	if (is_there)
		pages_want_huge(end + PAGE, size);
	free(piece);
	return is_there ? size : 0;
}
