/* SPDX-License-Identifier: MIT */
/* What of the process's memory comes from where: each page that is not the kernel's or our own, once. */
#ifndef IMPORTER_SNAPSHOT_DUMP_SEGMENTS_H
#define IMPORTER_SNAPSHOT_DUMP_SEGMENTS_H

#include "importer/snapshot/dump/own_memory.h"

enum {
	/*
	 * Fewer pages of zeros, or of a file, beside pages that are stored are not worth a mapping of
	 * their own: they are stored, too. Twice as many would save 9 of 64 segments
	 * under CPython 3.11, for 8 % more pages, which are mapped into each process with those around them.
	 */
	SEGMENT_PAGES_MIN = 8,
};

/*
 * Write the segments of the dumper's maps, in order; neighbours that can be one mapping are one. Errors:
 * PYB_ERR_UNSUPPORTED, as refusals_of_map() and files_find(); PYB_ERR_IO, PYB_ERR_MEMORY.
 */
enum pyb_status segments_find(struct dumper *dumper, struct pyb_error *error);

#endif
