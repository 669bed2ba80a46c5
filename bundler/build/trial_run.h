/* SPDX-License-Identifier: MIT */
/*
 * A trial run of a start: the target interpreter imports the startup modules as a program would,
 * and what their bodies compile and read is kept for the bundle. It does so twice, to tell what is the same in
 * each start.
 */
#ifndef BUNDLER_BUILD_TRIAL_RUN_H
#define BUNDLER_BUILD_TRIAL_RUN_H

#include "bundler/resolve/resolver.h"
#include "lib/buffer.h"

/* The contents of the sections REGEXES, GENERATED and METADATA, and how many entries they have. */
struct trial_run {
	struct pyb_buffer regexes, generated, metadata;
	uint32_t regex_count, generated_count, metadata_count;
	struct pyb_error fault; /* why it stopped early; status PYB_OK: it did not */
};

enum { TRIAL_RUN_SECONDS = 30 }; /* how long a module's import may take, if nobody says */

struct trial_run_plan {
	const struct resolve_request *request; /* the interpreter and its settings */
	const struct resolution *resolution;
	int seconds; /* how long the import of a module may take; 0: for ever */
};

/*
 * Import the startup modules of the resolution. Nothing is done if there are none. A module that
 * fails is no error; if the interpreter ends early, or is ended because a module takes too long,
 * trial_run->fault says so, and what is there until then counts.
 * *trial_run is the caller's to release, whatever is returned. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status make_trial_run(const struct trial_run_plan *plan, struct trial_run *trial_run,
			       struct pyb_error *error);

void trial_run_release(struct trial_run *trial_run);

#endif
