/* SPDX-License-Identifier: MIT */
/*
 * Making the contents of REGEXES, GENERATED, SITE or METADATA, entry by entry, for pyb_writer_set_section(). The
 * same entries in the same order give the same bytes. Start with `struct pyb_memo_writer writer =
 * {.tag = TAG}`. Not thread-safe.
 */
#ifndef PYB_MEMO_WRITER_H
#define PYB_MEMO_WRITER_H

#include "lib/buffer.h"
#include "lib/memo.h"

struct pyb_memo_writer {
	uint32_t tag;                   /* what the head says */
	struct pyb_memo_entry *entries; /* owned, as all below */
	uint32_t *slots;
	uint32_t entry_count, slot_count;
	struct pyb_buffer data;
};

void pyb_memo_writer_release(struct pyb_memo_writer *writer);

/*
 * Add an entry; nothing happens if there is one with this key already. Everything is copied.
 * Errors: PYB_ERR_MEMORY; PYB_ERR_INVALID if 4 GiB are exceeded.
 */
enum pyb_status pyb_memo_writer_add(struct pyb_memo_writer *writer, const struct pyb_memo_key *key,
				    const struct pyb_bytes *value, struct pyb_error *error);

/*
 * Add the entries that two others both have with the same value, in the order of the first.
 * Errors: as pyb_memo_writer_add().
 */
enum pyb_status pyb_memo_writer_add_common(struct pyb_memo_writer *writer,
					   const struct pyb_memo_writer *first,
					   const struct pyb_memo_writer *second,
					   struct pyb_error *error);

/*
 * Append the contents of the section to `bytes`; nothing if there is no entry.
 * Errors: PYB_ERR_MEMORY.
 */
enum pyb_status pyb_memo_writer_finish(const struct pyb_memo_writer *writer,
				       struct pyb_buffer *bytes, struct pyb_error *error);

#endif
