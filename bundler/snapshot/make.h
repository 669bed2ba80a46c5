/* SPDX-License-Identifier: MIT */
/*
 * Making a snapshot of the interpreter that a bundle is for, and what has to be as it was for another
 * process to go on from there.
 */
#ifndef BUNDLER_SNAPSHOT_MAKE_H
#define BUNDLER_SNAPSHOT_MAKE_H

#include <stdbool.h>

#include "bundler/snapshot/facts.h"
#include "bundler/snapshot/guard_list.h"
#include "bundler/snapshot/variables.h"
#include "lib/buffer.h"
#include "lib/error.h"

enum {
	SNAPSHOT_SECONDS = 60, /* how long a start may take, if nobody says */
	SNAPSHOT_ATTEMPTS = 8, /* how often it is tried if chance is against it */
};

/* Nothing is owned. */
struct snapshot_request {
	const char *launcher;  /* pystart's path */
	const char *recorder;  /* variables_find_recorder() */
	const char *python;    /* the interpreter, as the launcher will start it */
	const char *bundle;    /* absolute path of the finished bundle, which has no snapshot yet */
	unsigned int optimize; /* the bundle's level, which programs are started with */
	/* The script that it is for, absolute, with what that imports first; NULL: for any program. */
	const char *program;
	/* Names of variables that it is made with, besides those that are always passed on. */
	char *const *variables;
	size_t variable_count;
	int seconds; /* how long a start may take; 0: for ever */
};

/* What is there of a snapshot, also if none could be made. Start with `struct made_snapshot made = {0}`. */
struct made_snapshot {
	struct pyb_buffer tables, pages; /* the contents of the sections SNAPSHOT and PAGES */
	struct pyb_buffer trial_tables;  /* in the place of the first when it is tried */
	struct facts facts;              /* sorted: of the last start that was looked at */
	struct variables variables;
	struct guard_list guards;
	bool is_compared; /* the memory of two starts was (look_twice.h) */
};

/*
 * Make it. Errors: PYB_ERR_UNSUPPORTED if none can be made of this start, or here: the text says why;
 * PYB_ERR_AGAIN if chance was against it each time; PYB_ERR_IO, also if a signal has come that is to end
 * us, PYB_ERR_MEMORY.
 */
enum pyb_status snapshot_make(const struct snapshot_request *request, struct made_snapshot *made,
			      struct pyb_error *error);

/*
 * Look which pages every start with the bundle of the request writes to, which has this snapshot
 * now, with the tables for a trial, and add them to both tables. Errors: those of written_pages.h; the tables
 * are sound then.
 */
enum pyb_status snapshot_train(const struct snapshot_request *request, struct made_snapshot *made,
			       struct pyb_error *error);

/*
 * Whether starts with the bundle of the request, which has this snapshot now, cannot be told from others;
 * errors as trial_restore() has them. `has_bootstrap` is as there.
 */
enum pyb_status snapshot_try(const struct snapshot_request *request,
			     const struct made_snapshot *made, bool has_bootstrap,
			     struct pyb_error *error);

/* It is of no use; what was found stays. */
void made_snapshot_forget(struct made_snapshot *made);

void made_snapshot_release(struct made_snapshot *made);

#endif
