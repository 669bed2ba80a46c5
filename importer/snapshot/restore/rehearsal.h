/* SPDX-License-Identifier: MIT */
/*
 * What the steps will ask of the kernel and it can refuse for another reason than want of memory, asked
 * while there is a way back: a filter of system calls, a security module, a file system that was mounted
 * without execution since, a machine that promises no more memory than it has.
 */
#ifndef IMPORTER_SNAPSHOT_RESTORE_REHEARSAL_H
#define IMPORTER_SNAPSHOT_RESTORE_REHEARSAL_H

#include "importer/snapshot/restore/exchange.h"
#include "lib/error.h"

/*
 * Nothing is changed. The files of `exchange` are open, and its space is known.
 * Errors: PYB_ERR_UNSUPPORTED, PYB_ERR_MEMORY.
 */
enum pyb_status rehearsal_hold(const struct exchange *exchange, struct pyb_error *error);

#endif
