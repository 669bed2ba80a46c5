/* SPDX-License-Identifier: MIT */
/* Noticing that somebody has changed what a module does. */
#ifndef IMPORTER_CPYTHON_WATCH_H
#define IMPORTER_CPYTHON_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/cpython/compat.h"

struct watched;

/* Start with {0}. What is watched lives as long as the process. */
struct watch {
	struct watched *things; /* owned */
	size_t count;
};

/*
 * Watch a module: its global names, and the functions, classes and dictionaries that these refer to,
 * as they are now. Returns 0, or -1 with an exception set.
 */
int watch_module(struct watch *watch, PyObject *module);

/* Whether all that is watched is as it was. Names with two underscores in front may change. */
bool watch_is_pristine(struct watch *watch);

#endif
