/* SPDX-License-Identifier: MIT */
/* The names that a manifest asks for, those that follow from its entry point included. */
#ifndef BUNDLER_RESOLVE_WANTED_H
#define BUNDLER_RESOLVE_WANTED_H

#include "lib/error.h"
#include "manifest/manifest.h"

struct wanted {
	struct manifest_list modules;  /* names and patterns */
	struct manifest_list optional; /* names that need not exist */
};

/* *wanted is the caller's to release, whatever is returned. Errors: PYB_ERR_MEMORY. */
enum pyb_status wanted_init(struct wanted *wanted, const struct manifest *manifest,
			    struct pyb_error *error);

void wanted_release(struct wanted *wanted);

#endif
