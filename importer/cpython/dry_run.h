/* SPDX-License-Identifier: MIT */
/* What a Python function would do, found out from its bytecode without running it. */
#ifndef IMPORTER_CPYTHON_DRY_RUN_H
#define IMPORTER_CPYTHON_DRY_RUN_H

#include "importer/cpython/compat.h"

/*
 * Whether calling the Python function with this object would do nothing but read attributes and
 * constants, and return. What it reads has to be there for as long as the object is, so no variables
 * of modules are read, which finalization takes away. An instruction that is not known makes it false,
 * and so does a version whose bytecode is not. Runs no code of the program's, sets no exception.
 * Needs the GIL, and that the interpreter evaluates frames itself (internals_evaluate_as_usual()).
 */
bool dry_run_does_nothing(PyObject *function, PyObject *self);

/* Whether reading this attribute would do nothing else, and give something that is true. */
bool dry_run_is_true(PyObject *object, PyObject *name);

#endif
