/* SPDX-License-Identifier: MIT */
/*
 * Whether the running interpreter has its structures where the headers say that the importer was
 * compiled with. VERSIONS.md lists what is relied on, and which probe looks at it.
 */
#ifndef IMPORTER_CPYTHON_PROBE_H
#define IMPORTER_CPYTHON_PROBE_H

#include "lib/policy.h"

/*
 * What is not as expected, as an English phrase in static storage, or NULL. To be asked before anything
 * is hooked; leaves no exception set. Needs the GIL, but no importlib.
 */
const char *probe_find_fault(void);

/* A feature that the program can do without, and what it needs of the interpreter besides. */
struct probe_feature {
	enum pyb_policy policy;
	const char *name;                /* for "without ..." */
	const char *(*find_fault)(void); /* as probe_find_fault(), which is NULL */
};

enum { PROBE_FEATURE_COUNT = 7 };
extern const struct probe_feature probe_features[PROBE_FEATURE_COUNT];

#endif
