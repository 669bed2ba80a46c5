/* SPDX-License-Identifier: MIT */
/* What the exit scan finds by name in dictionaries that a program may have changed. */
#ifndef IMPORTER_EXIT_LOOKUP_H
#define IMPORTER_EXIT_LOOKUP_H

#include "importer/cpython/compat.h"

/* Begin a scan. All functions need the GIL. */
void lookup_start(void);

/*
 * Borrowed; NULL, with no exception set, if there is no such item. In a dictionary with keys other than strings
 * nothing is looked for, since these may be compared by code of the program's.
 */
PyObject *lookup(PyObject *dict, const char *name);

/* Whether that was never so since the beginning, and what was not found is not there. */
bool lookup_is_whole(void);

#endif
