/* SPDX-License-Identifier: MIT */
/* Modules that were to be imported when they are first used (PEP 810). */
#ifndef IMPORTER_FIND_LAZY_H
#define IMPORTER_FIND_LAZY_H

#include "importer/cpython/compat.h"

/*
 * Tell the interpreter that the module has been imported, as importlib does once it is bound to its parent,
 * where COMPAT_NOTES_LAZY_MODULES. Returns 0, or -1 with an exception set.
 */
int lazy_note_imported(PyObject *module, PyObject *name);

#endif
