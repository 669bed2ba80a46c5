/* SPDX-License-Identifier: MIT */
/* The process that a snapshot is made of: started under trace, and followed to its end. */
#ifndef BUNDLER_SNAPSHOT_DUMP_PROCESS_H
#define BUNDLER_SNAPSHOT_DUMP_PROCESS_H

#include <sys/types.h>

#include "bundler/snapshot/facts.h"
#include "bundler/snapshot/pair.h"
#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/snapshot_format.h"

/* How it is started. Nothing is owned. */
struct dump_plan {
	const char *launcher;     /* pystart's path */
	const char *bundle;       /* absolute; has no snapshot yet */
	const char *program;      /* a script to start it with; NULL: any program */
	char *const *environment; /* without what lib/snapshot_handoff.h says, which is added */
	unsigned int optimize;    /* the bundle's level, which the interpreter is started with */
	int seconds;              /* how long it may take; 0: for ever */
};

/* What is known of it. Start with `struct dump_process dump = {0}`. */
struct dump_process {
	struct facts facts;              /* sorted; of the interpreter, until it was ready */
	struct pyb_buffer arguments;     /* of the interpreter, a NUL behind each */
	struct pyb_buffer tables, pages; /* what it has written */
	pid_t id;                        /* its number; it has ended */
	int64_t begun; /* nanoseconds, CLOCK_REALTIME: before it looked at anything */
};

/*
 * Start the interpreter, find out what it asks for, also what the vdso tells, and end it when it is ready: with
 * PAIR_NONE, there are no tables and no pages, otherwise such as are to be compared. Errors: PYB_ERR_UNSUPPORTED if it did not become ready, if it did what is in
 * the way of a snapshot or if processes
 * cannot be traced here; PYB_ERR_AGAIN if that was by chance; PYB_ERR_IO, also if a signal that is to end
 * us has come, PYB_ERR_MEMORY.
 */
enum pyb_status dump_process_look(const struct dump_plan *plan, enum pair_member member,
				  struct dump_process *process, struct pyb_error *error);

/* The same, but the vdso is as ever, and it has written its snapshot. */
enum pyb_status dump_process_run(const struct dump_plan *plan, struct dump_process *process,
				 struct pyb_error *error);

/*
 * The tables that it has written, in place, and checked. Errors: PYB_ERR_INVALID if they are wrong.
 */
enum pyb_status dump_process_open(const struct dump_process *process, struct snapshot *snapshot,
				  struct pyb_error *error);

void dump_process_release(struct dump_process *process);

#endif
