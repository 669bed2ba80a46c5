/* SPDX-License-Identifier: MIT */
/*
 * Making a module and running its body, as importlib's _load_unlocked() does. The body itself is run
 * by the caller, between the two functions. All need the GIL.
 */
#ifndef IMPORTER_FIND_EXECUTE_H
#define IMPORTER_FIND_EXECUTE_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "lib/reader.h"

/* The function exec(), by which SourceLoader.exec_module() runs code; borrowed, or NULL. */
PyObject *execute_function(void);

/*
 * A module for the spec, which says that it is initializing, in sys.modules. Returns a new reference;
 * NULL with an exception set, and nothing is left then.
 */
PyObject *execute_begin(const struct pyb_module_view *view, PyObject *name, PyObject *spec);

/*
 * Settle the module once its body was run. Returns a new reference to what is to be the module, for
 * the body may have put another object into sys.modules. NULL with an exception set: the one of the
 * body, if that was not successful.
 */
PyObject *execute_end(PyObject *name, PyObject *spec, bool was_successful);

#endif
