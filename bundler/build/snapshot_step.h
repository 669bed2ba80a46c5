/* SPDX-License-Identifier: MIT */
/*
 * The last step of a build: the bundle is laid out, started, tried with what came of that, and written.
 */
#ifndef BUNDLER_BUILD_SNAPSHOT_STEP_H
#define BUNDLER_BUILD_SNAPSHOT_STEP_H

#include <stdbool.h>

#include "bundler/snapshot/make.h"
#include "lib/writer.h"
#include "manifest/manifest.h"

/* Nothing is owned. */
struct snapshot_plan {
	enum manifest_snapshot wanted;
	const char *python; /* the interpreter that the bundle is for */
	const struct pyb_fingerprint *fingerprint;
	const struct manifest_list *variables; /* key `variables` of the manifest */
	const char *program;                   /* key `snapshot_program`, or NULL */
	int seconds;                           /* how long a start of it may take; 0: for ever */
};

/* What came of it. */
struct snapshot_result {
	struct made_snapshot made; /* what was found, also if there is no snapshot */
	bool is_there;             /* the bundle has one */
	struct pyb_error why;      /* why it has none; status PYB_OK: none was wanted */
	/* Why it is not one of the script that the plan names; status PYB_OK: it is, or none is named. */
	struct pyb_error why_not_program;
};

/*
 * Write the bundle to `path`, with a snapshot if that is wanted and can be made; *written is its size.
 * *result is the caller's to release, whatever is returned. Errors: those of pyb_writer_write(); and those
 * of snapshot_make(), unless the snapshot may be missing.
 */
enum pyb_status snapshot_step(struct pyb_writer *writer, const struct snapshot_plan *plan,
			      const char *path, uint64_t *written, struct snapshot_result *result,
			      struct pyb_error *error);

void snapshot_result_release(struct snapshot_result *result);

#endif
