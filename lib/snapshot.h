/* SPDX-License-Identifier: MIT */
/*
 * The tables of a snapshot (snapshot_format.h) as section SNAPSHOT has them: found in place, and checked.
 * Nothing is allocated. Making the section is in snapshot_writer.h.
 */
#ifndef PYB_SNAPSHOT_H
#define PYB_SNAPSHOT_H

#include "lib/error.h"
#include "lib/reader.h"
#include "lib/snapshot_format.h"

/* What segments are checked against. */
struct pyb_snapshot_limits {
	uint64_t page_size;   /* a power of two */
	uint64_t bundle_size; /* bytes of what SEGMENT_BUNDLE is of; UINT64_MAX: not known */
};

/*
 * Find the tables in the bytes of a section SNAPSHOT, aligned to 8 bytes, and check them as
 * pyb_snapshot_check() does, but not the checksum. *snapshot points into the
 * section. O(size). Errors: PYB_ERR_DAMAGED; PYB_ERR_UNSUPPORTED, as for pyb_snapshot_check().
 */
enum pyb_status pyb_snapshot_open(const struct pyb_bytes *section, struct snapshot *snapshot,
				  struct pyb_error *error);

/*
 * The same for the section of a bundle with this checked header: verify its checksum, open it, and see that
 * PAGES has the size that it says and that all segments of the bundle lie in it. PAGES itself is not read.
 * Errors: the same.
 */
enum pyb_status pyb_snapshot_take(const struct pyb_header *header, const struct pyb_bytes *section,
				  struct snapshot *snapshot, struct pyb_error *error);

/*
 * The snapshot of a bundle that has one (pyb_reader_section() tells), as pyb_snapshot_take() finds it.
 * *snapshot points into the bundle.
 */
enum pyb_status pyb_snapshot_find(const struct pyb_reader *reader, struct snapshot *snapshot,
				  struct pyb_error *error);

/*
 * What `pybundle verify` and the writer ask of a bundle: that it has no snapshot at all, or one that
 * pyb_snapshot_find() finds nothing wrong with. Errors: the same.
 */
enum pyb_status pyb_snapshot_verify(const struct pyb_reader *reader, struct pyb_error *error);

/*
 * Check that strings begin and end with a NUL; that segments are whole pages, in order, and of pages, files
 * and a bundle that there are; that files have paths; that fix-ups are of a known kind, in order, and in
 * segments; that ranges are whole pages that can be written to, in order, each in a segment; that guards have what their kind asks for, and no more, and those of variables are in order.
 * O(all of them).
 * Errors: PYB_ERR_DAMAGED; PYB_ERR_UNSUPPORTED for a kind of guard that is not known, and for more segments
 * than a process may have mappings.
 */
enum pyb_status pyb_snapshot_check(const struct snapshot *snapshot,
				   const struct pyb_snapshot_limits *limits,
				   struct pyb_error *error);

/*
 * What a section consists of, one piece behind the other: *head, filled in here, then the arrays and the
 * strings of the snapshot where they lie. An empty piece has size 0.
 */
enum { PYB_SNAPSHOT_PIECES = 7 };
void pyb_snapshot_cut(const struct snapshot *snapshot, struct pyb_snapshot *head,
		      struct pyb_bytes pieces[PYB_SNAPSHOT_PIECES]);

#endif
