/* SPDX-License-Identifier: MIT */
/*
 * exec(code, globals), by which importlib runs the body of a module. Modules import one another to
 * any depth, each on top of the C stack of the one before. What the importer has on it for each import
 * is saved here: this call needs less of it than the interpreter's own.
 */
#ifndef IMPORTER_CPYTHON_BUILTIN_EXEC_H
#define IMPORTER_CPYTHON_BUILTIN_EXEC_H

#include "importer/cpython/compat.h"

/*
 * Stand in for exec() where it is given a code object and a dictionary. It stays the object that it
 * is, with the effects, the audit events and the recursion depth that it has.
 */
void builtin_exec_init(PyObject *builtins);

#endif
