/* SPDX-License-Identifier: MIT */
/* The files that segments are mapped from: opened, and found to be those that the snapshot was made with. */
#ifndef IMPORTER_SNAPSHOT_RESTORE_MAPPED_FILES_H
#define IMPORTER_SNAPSHOT_RESTORE_MAPPED_FILES_H

#include "lib/error.h"
#include "lib/snapshot_format.h"

/*
 * Open all of them, whose names have been checked (lib/snapshot.h), and write their descriptors to
 * `descriptors`, one for each file; -1 for what was not opened. Compared are inode, size and times: the
 * numbers of devices change when a machine starts. Errors: PYB_ERR_MISMATCH, and PYB_ERR_MEMORY without
 * descriptors to be had. Then too mapped_files_close() is to be called.
 */
enum pyb_status mapped_files_open(const struct snapshot *snapshot, int *descriptors,
				  struct pyb_error *error);

void mapped_files_close(const struct snapshot *snapshot, const int *descriptors);

#endif
