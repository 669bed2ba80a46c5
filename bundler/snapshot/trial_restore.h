/* SPDX-License-Identifier: MIT */
/*
 * Trying a bundle with a snapshot before anybody gets it: two starts that go on with it, each in other
 * circumstances, are compared with starts of the interpreter alone in the same ones.
 */
#ifndef BUNDLER_SNAPSHOT_TRIAL_RESTORE_H
#define BUNDLER_SNAPSHOT_TRIAL_RESTORE_H

#include <stdbool.h>

#include "bundler/snapshot/variables.h"
#include "lib/error.h"

/* Nothing is owned. */
struct trial_request {
	const char *launcher;     /* pystart's path */
	const char *python;       /* the interpreter, as the launcher will start it */
	const char *bundle;       /* absolute; has the snapshot */
	char *const *environment; /* what the snapshot was made with */
	const struct variables *guarded;
	const char *program;   /* the script that the snapshot is for, or NULL */
	unsigned int optimize; /* the bundle's level, which programs are started with */
	/* The bundle runs a function of its own before the program: then its starts are compared with such as
	   leave out the snapshot alone. */
	bool has_bootstrap;
	int seconds; /* how long a start may take; 0: for ever */
};

/*
 * Errors: PYB_ERR_UNSUPPORTED if a program can tell the one from the other: the text says by what; or if a
 * start fails. PYB_ERR_AGAIN if one does not go on with the snapshot: the text says which guard has not held.
 * PYB_ERR_IO, also if a signal has come that is to end us, PYB_ERR_MEMORY.
 */
enum pyb_status trial_restore(const struct trial_request *request, struct pyb_error *error);

#endif
