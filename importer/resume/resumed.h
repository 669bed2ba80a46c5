/* SPDX-License-Identifier: MIT */
/* Going on: the function that a restored process begins with, and what it is told by the one that it was. */
#ifndef IMPORTER_RESUME_RESUMED_H
#define IMPORTER_RESUME_RESUMED_H

#include <limits.h>
#include <stdint.h>

#include "importer/resume/renew.h"
#include "importer/snapshot/restore/restore.h"

/* What the constructor tells the process that goes on. */
struct resume_message {
	struct command_line line; /* its program is in the stack, which stays */
	uint64_t begin_ns;   /* clock_ns() when the constructor began to look at the snapshot, */
	uint64_t guarded_ns; /* when all guards had been looked at, */
	uint64_t left_ns;    /* and when it was about to leave */
	uint64_t ignored_signals;   /* as struct snapshot_process has them */
	size_t thread_stack;        /* thread_stack_find() */
	unsigned int flags;         /* enum handoff_flag */
	char bundle_path[PATH_MAX]; /* no more of it is told than there is */
};

/* In one of two starts whose memory is compared, before anybody's code runs: see renew.h. */
void resumed_vary(enum command_kind kind, bool is_second);

/* Look whether all that the interpreter knows of its process can be made new. Returns NULL, or why not. */
const char *resumed_prepare(void);

/* The entry of a snapshot. Runs the program that the command line names, and ends the process. */
_Noreturn void resumed_go_on(const struct restored *restored);

#endif
