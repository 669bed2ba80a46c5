/* SPDX-License-Identifier: MIT */
/* Making a section SNAPSHOT: the reverse of pyb_snapshot_open(). */
#ifndef PYB_SNAPSHOT_WRITER_H
#define PYB_SNAPSHOT_WRITER_H

#include "lib/buffer.h"
#include "lib/snapshot_format.h"

/*
 * Append the section to an empty buffer. The tables are checked as by pyb_snapshot_check(); pointers may lie
 * in another section. Errors: PYB_ERR_INVALID if they are not sound; PYB_ERR_MEMORY.
 */
enum pyb_status pyb_snapshot_compose(const struct snapshot *snapshot, struct pyb_buffer *section,
				     struct pyb_error *error);

#endif
