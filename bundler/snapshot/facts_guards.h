/* SPDX-License-Identifier: MIT */
/*
 * From facts to guards: what a start was told by the system, as what another start has to be told for the
 * snapshot to stand for it. Or why that cannot be.
 */
#ifndef BUNDLER_SNAPSHOT_FACTS_GUARDS_H
#define BUNDLER_SNAPSHOT_FACTS_GUARDS_H

#include "bundler/snapshot/facts.h"
#include "bundler/snapshot/guard_list.h"

/*
 * A file system gives the same time to all changes within a tick of the kernel's clock, of 10 ms at most,
 * and the tracer looks at a file before the program does.
 */
enum { FACTS_SAME_TIME_NS = 100 * 1000 * 1000 };

/* What is compared in another way, so that it needs no guard. Nothing is owned. */
struct guarded_elsewhere {
	const char *bundle;       /* the path of the bundle without a snapshot, which goes away */
	struct snapshot snapshot; /* its files are compared when they are mapped */
};

/*
 * Append a guard for each fact that can be compared with what another process is told.
 * Errors: PYB_ERR_UNSUPPORTED if there is a fact that cannot: the text says which; PYB_ERR_AGAIN if that
 * was by chance; PYB_ERR_MEMORY.
 */
enum pyb_status facts_to_guards(const struct facts *facts,
				const struct guarded_elsewhere *elsewhere, struct guard_list *list,
				struct pyb_error *error);

/*
 * Whether there is no fact that no other process would share. Errors: as above. The facts may be of a
 * process that no snapshot is made of.
 */
enum pyb_status facts_check(const struct facts *facts, struct pyb_error *error);

/*
 * Whether a file or folder that was looked at since `since` (nanoseconds, CLOCK_REALTIME) had been changed
 * just before, so that it may have changed again without its times telling. `*path` is such a one then.
 */
bool facts_are_too_new(const struct facts *facts, const struct guarded_elsewhere *elsewhere,
		       int64_t since, const char **path);

#endif
