/* SPDX-License-Identifier: MIT */
/* What the kernel knows of the calling thread, beside its registers. */
#ifndef IMPORTER_SNAPSHOT_DUMP_THREAD_H
#define IMPORTER_SNAPSHOT_DUMP_THREAD_H

#include "lib/error.h"
#include "lib/snapshot_format.h"

/*
 * Describe the calling thread, all but `entry`, and find where the C library keeps its number. Errors:
 * PYB_ERR_UNSUPPORTED if the kernel does not tell, or if it is not as glibc leaves it.
 */
enum pyb_status thread_describe(struct snapshot_thread *thread, uint64_t *number_address,
				struct pyb_error *error);

#endif
