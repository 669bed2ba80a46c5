/* SPDX-License-Identifier: MIT */
/*
 * Whether what a result of Python functions depends on is what it was when the bundle was made: the
 * functions that were called, and what the names in their code refer to. The names and what they
 * referred to, put into words, are in the bundle; bundler/build/trial_run.py writes them.
 */
#ifndef IMPORTER_MEMOS_WITNESSES_H
#define IMPORTER_MEMOS_WITNESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/cpython/compat.h"
#include "lib/reader.h"

struct witness;

/* Start with {0}. */
struct witnesses {
	struct witness *items; /* owned */
	size_t count;
};

/*
 * Look at all that the value of PYB_METADATA_WITNESSES names, and remember it. False, without an
 * exception, if something is not what it was; there is nothing to end then.
 */
bool witnesses_begin(struct witnesses *witnesses, const struct pyb_bytes *value);

/* Whether the names still refer to the same objects, and functions have the same code. */
bool witnesses_hold(const struct witnesses *witnesses);

/* Forget them: no reference is kept. */
void witnesses_end(struct witnesses *witnesses);

#endif
