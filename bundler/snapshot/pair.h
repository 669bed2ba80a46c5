/* SPDX-License-Identifier: MIT */
/*
 * Two starts whose memory is to be compared, word by word. What each start is told otherwise, and is known for
 * it, is made the same for both: where memory lies, random bytes, how much is allocated, and what the
 * interpreter itself is told of the clock that locks ask. What a snapshot must not depend on is another thing
 * in each: the time, the values of variables that nobody reads, the working
 * folder, the command line, the files behind the standard streams.
 */
#ifndef BUNDLER_SNAPSHOT_PAIR_H
#define BUNDLER_SNAPSHOT_PAIR_H

#include <stdint.h>

#include "bundler/process/spawn.h"
#include "bundler/snapshot/trace.h"

enum pair_member {
	PAIR_NONE, /* a start that stands for itself */
	PAIR_FIRST,
	PAIR_SECOND,
};

enum { PAIR_VARIABLES = 3, PAIR_ARGUMENTS = 40 };

/* What a start is given. Nothing is owned; all is there for ever. */
struct pair_given {
	const char *request; /* for the importer: see lib/snapshot_handoff.h */
	const char *code;    /* of -c */
	size_t argument_count; /* behind it; at most PAIR_ARGUMENTS, and no number that is seen often */
	const char *folder;
	const char *variables[PAIR_VARIABLES + 1]; /* NULL behind the last one */
	int64_t later;                             /* seconds that its clocks are ahead */
};

const struct pair_given *pair_given(enum pair_member member);

/*
 * Open standard streams for a member other than PAIR_NONE; all are -1 on failure. Errors: PYB_ERR_IO.
 */
enum pyb_status pair_open_streams(enum pair_member member, int streams[SPAWN_STREAMS],
				  struct pyb_error *error);
void pair_close_streams(int streams[SPAWN_STREAMS]);

/* Stands between a trace and a watcher. */
struct pair_watch {
	enum pair_member member;
	struct trace_watcher behind; /* is told everything */
	uint64_t random;             /* where the kernel has put random bytes (AT_RANDOM) */
	uint64_t drawn;              /* how many random numbers it was given */
	uint64_t ticks;              /* how often it was told the time since the machine started */
	bool is_at_site;             /* what the interpreter does for itself is done */
};

/* With PAIR_NONE nothing is changed. The watch is to stay in its place. */
struct trace_watcher pair_watcher(struct pair_watch *watch);

#endif
