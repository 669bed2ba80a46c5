/* SPDX-License-Identifier: MIT */
/* Whether anybody could notice that objects are not destroyed when the interpreter ends. */
#ifndef IMPORTER_EXIT_EXIT_SCAN_H
#define IMPORTER_EXIT_EXIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { OBSERVABLE_DETAIL_SIZE = 100 };

/* What can be noticed. */
enum observable {
	OBSERVABLE_UNKNOWN, /* nobody has looked */
	OBSERVABLE_NOTHING,
	OBSERVABLE_SETTINGS,  /* the interpreter was asked to tell what it does */
	OBSERVABLE_THREADS,   /* other threads, or interpreters */
	OBSERVABLE_COLLECTOR, /* callbacks, debugging or garbage of module gc */
	OBSERVABLE_STREAMS,   /* sys.stdout and its like were replaced */
	OBSERVABLE_HOOKS,     /* a function of sys that is called at the end was replaced */
	OBSERVABLE_FINALIZER, /* an object that runs code when it is destroyed */
	OBSERVABLE_GENERATOR, /* one that runs code when it is closed */
	OBSERVABLE_CALLBACK,  /* of a weak reference */
	OBSERVABLE_FILE,      /* one that is open, and may have something to be written */
	OBSERVABLE_EXTENSION, /* an object that code of an unknown extension module would destroy */
	OBSERVABLE_OPAQUE,    /* one that may refer to such an object where nobody can look */
	OBSERVABLE_COUNT
};

/*
 * Look at everything in the current interpreter. `detail`, of OBSERVABLE_DETAIL_SIZE bytes, gets the
 * name of the type or file that decided, or nothing. No Python code runs; no exception is set; the
 * collector must be off. Needs the GIL.
 */
enum observable observable_look(char *detail);

/* A few words for the statistics. Static storage. */
const char *observable_name(enum observable observable);

#endif
