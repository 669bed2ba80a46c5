/* SPDX-License-Identifier: MIT */
/* What of the process's memory comes from where: each page that is not the kernel's or our own, once. */
#ifndef IMPORTER_SNAPSHOT_DUMP_SEGMENTS_H
#define IMPORTER_SNAPSHOT_DUMP_SEGMENTS_H

#include "importer/snapshot/dump/own_memory.h"

enum {
	/*
	 * Fewer pages of zeros, or of a file, beside pages that are stored are not worth a mapping of
	 * their own: they are stored, too. Under CPython 3.11 and 3.13 this makes 45 and 48 segments of
	 * 136 and 139, for a sixth more pages; twice as many would save 2 and 6 more, for 3 and 9 % more.
	 */
	SEGMENT_PAGES_MIN = 16,
};

/*
 * Write the segments of the dumper's maps, in order; neighbours that can be one mapping are one. Errors:
 * PYB_ERR_UNSUPPORTED, as refusals_of_map() and files_find(); PYB_ERR_IO, PYB_ERR_MEMORY.
 */
enum pyb_status segments_find(struct dumper *dumper, struct pyb_error *error);

#endif
