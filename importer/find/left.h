/* SPDX-License-Identifier: MIT */
/* Imports that are left to importlib: their numbers, and for PYSTART_STATS their names. */
#ifndef IMPORTER_FIND_LEFT_H
#define IMPORTER_FIND_LEFT_H

#include "importer/cpython/compat.h"
#include "importer/stats.h"

/* Note that the import of this module is left to importlib. Sets no exception. */
void left_note(enum fallthrough reason, PyObject *name);

/* The same if the bundle does not have the module, which may be one that is built in. */
void left_note_unknown(PyObject *name);

#endif
