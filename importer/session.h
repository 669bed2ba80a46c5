/* SPDX-License-Identifier: MIT */
/*
 * What all rooms of the importer share: how far it has come, what it was told, and what it has
 * counted. Once the interpreter is there, it is read and written under the GIL of the main
 * interpreter. The bundle stands in bundle/mapping.h, what a policy has to remember in its own
 * file, what belongs to one process in process.h.
 */
#ifndef IMPORTER_SESSION_H
#define IMPORTER_SESSION_H

#include <stdbool.h>

#include "importer/stats.h"

/* How far the importer has come. It only moves forward; REFUSED is final. */
enum phase {
	PHASE_DETACHED, /* no bundle */
	PHASE_ATTACHED, /* a bundle is mapped, the interpreter not yet touched */
	PHASE_HOOKED,   /* _find_and_load is ours, the path-based part not yet there */
	PHASE_READY,    /* modules are served */
	PHASE_REFUSED,  /* the bundle does not fit: everything is left to importlib */
};

struct session {
	enum phase phase;
	bool say_why_not; /* the bundle was named by the user: tell when it cannot be used */
	bool verbose;
	bool print_stats;
	bool told_of_damage;
	bool makes_snapshot;   /* of this very start: resume/make.h */
	unsigned int policies; /* enum pyb_policy, those that are on */
	struct stats stats;
};

extern struct session session;

#endif
