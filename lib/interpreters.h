/* SPDX-License-Identifier: MIT */
/* The interpreters that pystart was built for. Needs no C library. */
#ifndef PYB_INTERPRETERS_H
#define PYB_INTERPRETERS_H

#include <stdbool.h>

#include "lib/format.h"

/* All strings are in static storage. */
struct pyb_interpreter {
	const char *name; /* its folder in lib/pystart, as in "pystart3.13"; "": the default one */
	const char *path;
	const char *version; /* such as "3.13.0" */
	const char *soabi;
};

/* Go on to the next one; to the first, the default one, from all zero. Returns false at the end. */
bool pyb_interpreters_next(struct pyb_interpreter *interpreter);

/*
 * Find the one whose importer and imager are meant for the interpreter with this fingerprint: that of
 * the same version, else one of the same SOABI, which is of another patch level. Returns false if there
 * is none; `found` has nothing but an empty name then.
 */
bool pyb_interpreters_find(const struct pyb_fingerprint *fingerprint,
			   struct pyb_interpreter *found);

/*
 * Find the one that "pystart" with `version` behind it stands for: the one of that name, else the first
 * of that version. Returns false if there is none; `found` is the default one then.
 */
bool pyb_interpreters_called(const char *version, struct pyb_interpreter *found);

#endif
