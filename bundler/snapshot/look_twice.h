/* SPDX-License-Identifier: MIT */
/* The first look at a start: what it asks for, and what of its memory another start has otherwise. */
#ifndef BUNDLER_SNAPSHOT_LOOK_TWICE_H
#define BUNDLER_SNAPSHOT_LOOK_TWICE_H

#include <stdbool.h>

#include "bundler/snapshot/dump_process.h"

/*
 * Start the interpreter twice, as pair.h has it, and compare. *facts is of the last start that was looked at, and
 * the caller's to release, whatever is returned. *is_compared is false where memory cannot be had at fixed
 * places: then there is one start, and nothing is compared. Errors: those of dump_process_look();
 * PYB_ERR_UNSUPPORTED if a snapshot cannot be made of what it does, or if the memory differs.
 */
enum pyb_status look_twice(const struct dump_plan *plan, struct facts *facts, bool *is_compared,
			   struct pyb_error *error);

#endif
