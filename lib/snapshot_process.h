/* SPDX-License-Identifier: MIT */
/*
 * What a process is told at its start that is neither a path nor a variable: who it is, what machine it
 * runs on, and what it has inherited. A snapshot of one process can stand for the start of another one
 * only if both were told the same. Allocates nothing; only system calls, and no file.
 */
#ifndef PYB_SNAPSHOT_PROCESS_H
#define PYB_SNAPSHOT_PROCESS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/snapshot_format.h"

/*
 * Fill in *facts for the calling process, from what the kernel tells it now and from its raw auxiliary
 * vector, which ends with AT_NULL: the C library answers some of it by values of its own. Returns false,
 * with *facts undefined, if something cannot be told: then there is no snapshot for this process. That is
 * so if the C library does not tell what the processor can do (glibc before 2.33 on x86-64), or the user
 * is in more than 1,024 groups.
 */
bool pyb_process_facts(const Elf64_auxv_t *auxv, struct snapshot_process *facts);

/*
 * Whether two processes were told the same, but for signals that are ignored now and were not then: renewing
 * what the first one knew takes care of these. If not, the first difference is put into `text` as an
 * English sentence without a full stop, which is cut if it does not fit; `size` is not 0.
 */
bool pyb_process_is_same(const struct snapshot_process *then, const struct snapshot_process *now,
			 char *text, size_t size);

/*
 * What a process has to be told for the snapshot of another one, as sentences of the same kind: one for each
 * `line` from 0 on. Returns false behind the last one. `size` is not 0.
 */
bool pyb_process_describe(const struct snapshot_process *process, unsigned line, char *text,
			  size_t size);

#endif
