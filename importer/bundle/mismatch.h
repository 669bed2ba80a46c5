/* SPDX-License-Identifier: MIT */
/* Whether a bundle was made for the interpreter that runs, and what differs if not. Needs no interpreter. */
#ifndef IMPORTER_BUNDLE_MISMATCH_H
#define IMPORTER_BUNDLE_MISMATCH_H

#include "lib/error.h"
#include "lib/format.h"

/*
 * Compare version, SOABI and libpython's build id of two fingerprints; of `running` no more need be
 * set. The error names the interpreter, by its path, that the bundle was made for, and the first thing
 * that differs, with both values.
 */
enum pyb_status mismatch_check(const struct pyb_fingerprint *made_for, const char *interpreter,
			       const struct pyb_fingerprint *running, struct pyb_error *error);

#endif
