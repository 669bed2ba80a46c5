/* SPDX-License-Identifier: MIT */
/* What is told about the snapshot of a bundle that was built, or about why it has none. */
#ifndef BUNDLER_BUILD_EXPLAIN_H
#define BUNDLER_BUILD_EXPLAIN_H

#include "bundler/build/snapshot_step.h"
#include "bundler/inspect/json.h"

/* One line, or none if no snapshot was wanted. `output` is the bundle's path. */
void explain_briefly(const char *output, const struct snapshot_plan *plan,
		     const struct snapshot_result *result);

/* Notes on standard error: variables of our own environment with which the snapshot would not be used. */
void explain_misses(const struct snapshot_result *result);

/* What the start was seen to depend on, and the guards that were made of that. Errors: PYB_ERR_MEMORY. */
enum pyb_status explain_fully(const struct snapshot_result *result, struct pyb_error *error);

/* The member "snapshot" of an object; with everything if it is `fully`. Errors: PYB_ERR_MEMORY. */
enum pyb_status explain_as_json(struct json *json, const struct snapshot_plan *plan,
				const struct snapshot_result *result, bool fully,
				struct pyb_error *error);

#endif
