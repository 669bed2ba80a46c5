/* SPDX-License-Identifier: MIT */
/*
 * Putting a snapshot in the place of the process that runs. All that can be looked at is looked at first;
 * from the first range that is unmapped on there is no way back, and nothing fails but for lack of memory.
 */
#ifndef IMPORTER_SNAPSHOT_RESTORE_RESTORE_H
#define IMPORTER_SNAPSHOT_RESTORE_RESTORE_H

#include "importer/snapshot/initial_stack.h"
#include "importer/snapshot/restore/space.h"
#include "lib/error.h"
#include "lib/snapshot_format.h"

/* What the function that goes on in the snapshot gets. It lies in `room`, which it unmaps when it has read it. */
struct restored {
	struct initial_stack stack;
	struct range room;
	const void *message; /* a copy of the caller's, aligned for any type */
};

/* What the old process has to tell the function that goes on. */
struct restore_message {
	const void *bytes;
	uint64_t size;
};

/*
 * The file that SEGMENT_PAGES and SEGMENT_BUNDLE are of, the bundle: offset 0 of the snapshot's pages is at
 * `offset`, whole pages.
 */
struct snapshot_pages {
	int descriptor; /* it is closed in the restored process */
	uint64_t offset;
	uint64_t file_size;
};

/*
 * Exchange the memory of the calling process, which has one thread, for that of the snapshot, and call
 * its function on the stack that begins below `stack->pointer`. Descriptors, signals, ids and limits
 * stay as they are. What the functions of the program and its libraries kept is gone, exit functions are
 * not called.
 *
 * Returns only if it was not done, with the process as it was. The snapshot's tables are checked; its
 * files are compared (mapped_files.h); that the program is the one it was made of is for the caller
 * to know. Errors: PYB_ERR_DAMAGED, PYB_ERR_MISMATCH, PYB_ERR_MEMORY, PYB_ERR_UNSUPPORTED.
 */
enum pyb_status snapshot_restore(const struct snapshot *snapshot,
				 const struct snapshot_pages *pages,
				 const struct restore_message *message,
				 const struct initial_stack *stack, struct pyb_error *error);

#endif
