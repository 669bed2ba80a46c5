/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/break.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	BLOCK = 64 << 10, /* less than what malloc() maps for itself: M_MMAP_THRESHOLD */
	BLOCKS_MAX = 256, /* the rest of a heap is smaller: M_TOP_PAD */
};

/* An inaccessible page, so that the break cannot be moved up. It stays. */
static enum pyb_status block(uintptr_t end, struct pyb_error *error)
{
	const uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t page = (end + page_size - 1) / page_size * page_size;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	void *const wanted = (void *)page;
	void *const got =
		mmap(wanted, page_size, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

	/* Something that lies there already is as good. */
	if (got == wanted || errno == EEXIST)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_MEMORY, "a page behind the heap: %s", strerror(errno));
}

/* Allocate until a block comes from elsewhere: only then malloc() knows that its heap has more parts. */
static bool use_up(uintptr_t end)
{
	void **blocks = NULL; /* each has the address of the one before */
	bool is_elsewhere = false;

	for (size_t i = 0; i < BLOCKS_MAX && !is_elsewhere; i++) {
		void **const next = malloc(BLOCK);
		if (next == NULL)
			break;
		*next = (void *)blocks;
		blocks = next;
		is_elsewhere = (uintptr_t)next >= end;
	}
	while (blocks != NULL) {
		void **const before = *blocks;
		free((void *)blocks);
		blocks = before;
	}
	return is_elsewhere;
}

enum pyb_status break_leave_alone(struct pyb_error *error)
{
	const uintptr_t end = (uintptr_t)sbrk(0);
	const enum pyb_status status = block(end, error);

	if (status != PYB_OK)
		return status;
	if (!use_up(end) || (uintptr_t)sbrk(0) != end)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "malloc() does not leave the program break");
	return PYB_OK;
}
