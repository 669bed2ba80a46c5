/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences: an area of each thread that the kernel writes to, so it has to be told before that
 * goes. glibc registers it for the thread that it starts (rseq(2); glibc 2.35, sysdeps/unix/sysv/linux).
 */
#ifndef IMPORTER_SNAPSHOT_RESTORE_RSEQ_H
#define IMPORTER_SNAPSHOT_RESTORE_RSEQ_H

#include <stdbool.h>

#include "importer/snapshot/restore/steps.h"
#include "lib/snapshot_format.h"

/*
 * Take back what this thread's C library has registered. False, with nothing changed, if that does not
 * succeed, or the library of the snapshot had registered an area and this one has not, or the other way round.
 */
bool rseq_unregister(const struct snapshot_thread *thread);

/* The steps that register the area in the snapshot. */
void rseq_add_registration(struct steps *steps, const struct snapshot_thread *thread);

#endif
