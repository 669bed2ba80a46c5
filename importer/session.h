/* SPDX-License-Identifier: MIT */
/*
 * The importer's one state. Once the interpreter is there, everything in it is read and written under
 * the GIL of the main interpreter, but for the arena, which takes care of itself.
 */
#ifndef IMPORTER_SESSION_H
#define IMPORTER_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/cpython/intercept.h"
#include "importer/exit/exit.h"
#include "importer/find/folder.h"
#include "importer/memory/arena.h"
#include "importer/memory/gc_deferral.h"
#include "importer/memory/gc_looks.h"
#include "importer/policy.h"
#include "importer/stats.h"

/* How far the importer has come. It only moves forward; REFUSED is final. */
enum phase {
	PHASE_DETACHED, /* no bundle */
	PHASE_ATTACHED, /* a bundle is mapped, the interpreter not yet touched */
	PHASE_HOOKED,   /* _find_and_load is ours, the path-based part not yet there */
	PHASE_READY,    /* modules are served */
	PHASE_REFUSED,  /* the bundle does not fit: everything is left to importlib */
};

struct importer {
	enum phase phase;
	bool say_why_not; /* the bundle was named by the user: tell when it cannot be used */
	bool verbose;
	bool print_stats;
	bool told_of_damage;
	unsigned int policies; /* enum pyb_policy, those that are on */
	pid_t process;         /* which prints the statistics; children do not */
	struct bundle bundle;
	struct arena arena;
	size_t huge_heap; /* bytes of the heap that huge pages were asked for */
	struct intercepted find_and_load, get_spec, get_code; /* where we stand in */
	PyObject *searched; /* list: sys.path when a name was last said to be absent; owned */
	struct identifiers identifiers;
	struct importlib importlib;
	struct folder_cache folders;
	struct gc_deferral gc_deferral;
	struct gc_looks gc_looks;
	struct leaving leaving;
	struct stats stats;
};

extern struct importer importer;

#endif
