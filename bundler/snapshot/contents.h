/* SPDX-License-Identifier: MIT */
/*
 * Which guards may look at the contents of a file in the place of its times. A file that was touched, linked to, or
 * installed again with the same bytes is none that a start is told otherwise by, unless it keeps what it was told of
 * its times and number: then these are in its memory.
 */
#ifndef BUNDLER_SNAPSHOT_CONTENTS_H
#define BUNDLER_SNAPSHOT_CONTENTS_H

#include "bundler/snapshot/guard_list.h"
#include "lib/buffer.h"

/*
 * Note the digests of contents in the guards of paths that are still as the guards say, but for those of which the
 * memory, which is the snapshot's pages, has a time or the number of the inode. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status contents_note(struct guard_list *list, const struct pyb_buffer *memory,
			      struct pyb_error *error);

#endif
