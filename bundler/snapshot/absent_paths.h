/* SPDX-License-Identifier: MIT */
/*
 * A start looks for many files that are not there: a third of its guards. Each takes a system call in every
 * start by a snapshot, and most tell nothing that others do not.
 */
#ifndef BUNDLER_SNAPSHOT_ABSENT_PATHS_H
#define BUNDLER_SNAPSHOT_ABSENT_PATHS_H

#include "bundler/snapshot/guard_list.h"

/*
 * Leave out guards of absent paths that others imply, as the file system is now: those in a folder that has
 * a guard itself, for a new name changes its times; and those below a folder that is not there either, for
 * which there is one guard then. To be called before the list is sorted, and after it is settled that no
 * folder has changed in the same tick of the clock in which it was looked at. What is left misses whenever
 * what was there would have. Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID, as for guard_list_add().
 */
enum pyb_status absent_paths_thin(struct guard_list *list, struct pyb_error *error);

#endif
