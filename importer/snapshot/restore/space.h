/* SPDX-License-Identifier: MIT */
/* The address space of the process that is to be restored: what stays, and what lies in the way. */
#ifndef IMPORTER_SNAPSHOT_RESTORE_SPACE_H
#define IMPORTER_SNAPSHOT_RESTORE_SPACE_H

#include <stdint.h>

#include "importer/snapshot/initial_stack.h"
#include "lib/error.h"
#include "lib/snapshot_format.h"

/* Addresses from `start` up to, and without, `end`. */
struct range {
	uint64_t start, end;
};

struct space {
	uint64_t page_size;
	uint64_t stack_low; /* nothing is unmapped from here on */
	struct range vdso;  /* the kernel's shared object, and its data in front of it */
};

/*
 * Look at what stays, and check that the segments, which are in order, are neither where the stack is and
 * can grow nor where the vdso is. Errors: PYB_ERR_MISMATCH, for another vdso than the snapshot's, too.
 */
enum pyb_status space_check(struct space *space, const struct snapshot *snapshot,
			    const struct initial_stack *stack, struct pyb_error *error);

/*
 * Map `size` bytes, readable and writable, where neither the process nor the snapshot has anything.
 * Errors: PYB_ERR_MEMORY.
 */
enum pyb_status space_map_room(const struct space *space, const struct snapshot *snapshot,
			       uint64_t size, struct range *room, struct pyb_error *error);

enum { SPACE_GONE_MAX = 3 };

/* The ranges to be unmapped: all but room, stack and vdso. Returns their number. */
unsigned int space_find_gone(const struct space *space, const struct range *room,
			     struct range gone[SPACE_GONE_MAX]);

#endif
