/* SPDX-License-Identifier: MIT */
/* What those who look at guards, and those who tell of them, share: guards' parts, and what is so now. */
#ifndef PYB_SNAPSHOT_GUARDS_PARTS_H
#define PYB_SNAPSHOT_GUARDS_PARTS_H

#include <sys/utsname.h>

#include "lib/snapshot_guards.h"

/* What is so now, in the form in which a guard that is neither of a path nor a variable has it. */
struct guard_answer {
	const char *value; /* may point into `buffer`; NULL: it cannot be told */
	size_t value_size;
	uint64_t number; /* of GUARD_MASK */
	union {
		char folder[4096];        /* neither getcwd(2) nor realpath(3) tells longer ones */
		uint8_t processors[1024]; /* Linux knows up to 8,192 */
		uint64_t limit[2];
		struct utsname names;
	} buffer;
};

static inline const char *guard_name(const struct snapshot *snapshot,
				     const struct snapshot_guard *guard)
{
	return snapshot->strings + guard->name;
}

static inline const char *guard_value(const struct snapshot *snapshot,
				      const struct snapshot_guard *guard)
{
	return snapshot->strings + guard->value;
}

enum { GUARD_PATH_MAX = 4096 }; /* of Linux */

/* Whether there is something under one of the names of a GUARD_NAMES, or may be: its path. */
bool guard_find_name(const struct snapshot *snapshot, const struct snapshot_guard *guard,
		     char path[GUARD_PATH_MAX]);

static inline bool guard_follows_links(const struct snapshot_guard *guard)
{
	return guard->kind != GUARD_LINK && guard->kind != GUARD_NO_LINK;
}

/* Whether the rest of the status may be another. */
static inline bool guard_is_of_mode(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_PRESENT || guard->kind == GUARD_NO_LINK;
}

/* The value of the first such variable; NULL: it is not set. */
const char *guard_find_variable(char *const *environment, const char *name);

/* Whether access(2) answers what the number of a GUARD_PRESENT says. */
bool guard_may_use(const char *path, uint64_t number);

void guard_ask(const struct snapshot_guard *guard, const char *name,
	       const struct guard_world *world, struct guard_answer *answer);

#endif
