/* SPDX-License-Identifier: MIT */
/* What those who find variables share. */
#ifndef BUNDLER_SNAPSHOT_VARIABLES_PARTS_H
#define BUNDLER_SNAPSHOT_VARIABLES_PARTS_H

#include "bundler/snapshot/variables.h"

/* Value of the variable, as getenv(3) would find it in this environment; NULL: it is not set. */
const char *environment_find(char *const *environment, const char *name);

/*
 * Note that the variable was read; the first reader stays. Its kind and value are those that it has in
 * the environment. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status variables_note(struct variables *variables, char *const *environment,
			       const char *name, const char *reader, struct pyb_error *error);

/* The same for each family that every start reads, and for those of its variables that are set. */
enum pyb_status variables_note_families(struct variables *variables, char *const *environment,
					struct pyb_error *error);

/* Put them into order. */
void variables_sort(struct variables *variables);

#endif
