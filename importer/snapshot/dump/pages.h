/* SPDX-License-Identifier: MIT */
/* Writing the pages of segments that have no other source. */
#ifndef IMPORTER_SNAPSHOT_DUMP_PAGES_H
#define IMPORTER_SNAPSHOT_DUMP_PAGES_H

#include "importer/snapshot/dump/fixups.h"
#include "importer/snapshot/dump/own_memory.h"

/*
 * Write what is SEGMENT_PAGES to the request's descriptor, one behind the other, and look for fix-ups in it.
 * Sets the offsets of these segments; `*size` is how many bytes were written. Errors: PYB_ERR_IO,
 * PYB_ERR_MEMORY for a full disk, and those of fixups_scan().
 */
enum pyb_status pages_write(struct dumper *dumper, struct fixup_search *search, uint64_t *size,
			    struct pyb_error *error);

#endif
