/* SPDX-License-Identifier: MIT */
/* From what was resolved to a file. */
#ifndef BUNDLER_BUILD_PACK_H
#define BUNDLER_BUILD_PACK_H

#include "bundler/build/trial_run.h"
#include "bundler/resolve/resolver.h"
#include "manifest/manifest.h"

struct bundle_counts {
	uint32_t modules;    /* all but the absent names */
	uint32_t startup;    /* of these, in the startup section */
	uint32_t extensions; /* of these, extension modules */
	uint32_t absent;
	uint64_t bytes; /* of the file */
};

/*
 * Write the modules of `resolution`, and what `trial_run` gave, to the bundle `path`, with the options
 * of `manifest`. The interpreter that lays out an image may be silent for so many seconds; 0: for ever.
 * A stream that marshal_canonical() does not know is taken as it is; a message says so.
 * Errors: as pyb_writer_write(); PYB_ERR_DAMAGED for a marshal stream that is cut off.
 */
enum pyb_status bundle_write(const struct manifest *manifest, const struct resolution *resolution,
			     const struct trial_run *trial_run, int seconds, const char *path,
			     struct bundle_counts *counts, struct pyb_error *error);

#endif
