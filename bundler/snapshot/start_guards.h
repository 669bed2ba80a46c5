/* SPDX-License-Identifier: MIT */
/* All guards of a start: of its arguments, its environment, and what the system told it. */
#ifndef BUNDLER_SNAPSHOT_START_GUARDS_H
#define BUNDLER_SNAPSHOT_START_GUARDS_H

#include <stdbool.h>

#include "bundler/snapshot/facts_guards.h"
#include "bundler/snapshot/variables.h"

/* A start of which a snapshot was made. Nothing is owned. */
struct start {
	const struct pyb_buffer *arguments; /* of the interpreter, a NUL behind each */
	const char *program;                /* the script that it is for, or NULL */
	bool is_for_trial;                  /* which another script goes on with */
	char *const *environment;
	const struct facts *facts;
	const struct variables *variables;
};

/*
 * Append the guards in the order in which they are to be looked at. Errors: those of facts_to_guards(), and
 * PYB_ERR_INVALID.
 */
enum pyb_status start_guards_make(const struct start *start,
				  const struct guarded_elsewhere *elsewhere,
				  struct guard_list *list, struct pyb_error *error);

/*
 * Whether all guards in the tables hold now. Errors: PYB_ERR_AGAIN if one does not, with a text that says
 * which; PYB_ERR_MEMORY, PYB_ERR_INVALID.
 */
enum pyb_status start_guards_check(const struct start *start, const struct pyb_buffer *tables,
				   struct pyb_error *error);

#endif
