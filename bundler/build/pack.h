/* SPDX-License-Identifier: MIT */
/* From what was resolved to a file. */
#ifndef BUNDLER_BUILD_PACK_H
#define BUNDLER_BUILD_PACK_H

#include "bundler/build/previous.h"
#include "bundler/build/snapshot_step.h"
#include "bundler/build/trial_run.h"
#include "bundler/resolve/resolver.h"
#include "manifest/manifest.h"

struct bundle_counts {
	uint32_t modules;    /* all but the absent names */
	uint32_t startup;    /* of these, in the startup section */
	uint32_t extensions; /* of these, extension modules */
	uint32_t absent;
	uint32_t compiled; /* of all sources; the others were taken from elsewhere */
	uint32_t reused;   /* of all sources, from the bundle that is replaced */
	uint64_t bytes;    /* of the file */
};

/* What a bundle is made of, and how. Nothing is owned. */
struct bundle_plan {
	const struct manifest *manifest;
	const struct resolution *resolution;
	const struct trial_run *trial_run;
	const struct previous *previous;
	const struct snapshot_plan *snapshot;
	int seconds; /* that the interpreter which lays out an image may be silent; 0: for ever */
	bool is_verbose;  /* what is as it is for every bundle of this interpreter is told, too */
	const char *path; /* where it goes */
};

/*
 * Write the bundle. A stream that marshal_canonical() does not know is taken as it is; a message says
 * so. Errors: as pyb_writer_write(); PYB_ERR_DAMAGED for a marshal stream that is cut off.
 */
enum pyb_status bundle_write(const struct bundle_plan *plan, struct bundle_counts *counts,
			     struct snapshot_result *snapshot, struct pyb_error *error);

#endif
