/* SPDX-License-Identifier: MIT */
/* Whether the tables of a snapshot make sense, whatever they come from. */
#ifndef IMPORTER_SNAPSHOT_TABLES_H
#define IMPORTER_SNAPSHOT_TABLES_H

#include "lib/error.h"
#include "lib/snapshot_format.h"

/* The kernel gives no program memory below that: vm.mmap_min_addr. */
#define SNAPSHOT_LOWEST (UINT64_C(64) << 10)

/*
 * Check that segments are whole pages, in order, and of pages and files that there are; that files have
 * names; that fix-ups are of a known kind, in order, and in segments. O(segments + files + fix-ups).
 * Errors: PYB_ERR_DAMAGED; PYB_ERR_UNSUPPORTED for more segments than a process may have mappings.
 */
enum pyb_status snapshot_check_tables(const struct snapshot *snapshot, uint64_t page_size,
				      struct pyb_error *error);

#endif
