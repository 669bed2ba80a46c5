/* SPDX-License-Identifier: MIT */
/*
 * Start guards: whether what a snapshot depends on is still so. They are looked at in each start, before
 * anything is done that cannot be taken back, so nothing is allocated, and a path costs one system call.
 * The snapshot's tables have been checked (snapshot.h).
 */
#ifndef PYB_SNAPSHOT_GUARDS_H
#define PYB_SNAPSHOT_GUARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/snapshot_format.h"

/* What guards are held against, beside what the kernel tells of the calling process. Each ends with NULL. */
struct guard_world {
	char *const *arguments;
	char *const *environment; /* as the program will have it */
};

/* The first guard that does not hold. */
struct guard_miss {
	uint32_t guard; /* its number in the table */
	const char
		*entry; /* the environment's, that none was to be; NULL unless it is GUARD_FAMILY */
};

/*
 * Whether all guards hold, looked at in the order of the table; if not, *miss tells which does not.
 * A GUARD_VARIABLE holds if the variable is set, and has the value wherever the environment names it:
 * the C library takes the first of several, ld.so the last. O(guards + variables * log(guards)), but
 * that each GUARD_FAMILY goes through the environment by itself.
 */
bool pyb_guards_hold(const struct snapshot *snapshot, const struct guard_world *world,
		     struct guard_miss *miss);

/* The same for one guard, by its number. */
bool pyb_guard_holds(const struct snapshot *snapshot, uint32_t guard,
		     const struct guard_world *world, struct guard_miss *miss);

/* What stat(2) tells of a path, or lstat(2); errors are in status->error. */
void pyb_guard_look(const char *path, bool follow_links, struct guard_status *status);

/*
 * Say in an English sentence, without a full stop at its end, what is not as it was. It may be for
 * everybody to read: only variables that are known not to hold secrets are told with their values.
 * Bytes that are not printable ASCII are written as \xNN. A text that does not fit is cut; `size` is
 * not 0.
 */
void pyb_guard_describe_miss(const struct snapshot *snapshot, const struct guard_miss *miss,
			     const struct guard_world *world, char *text, size_t size);

/* The same of what a guard asks for. */
void pyb_guard_describe(const struct snapshot *snapshot, const struct snapshot_guard *guard,
			char *text, size_t size);

#endif
