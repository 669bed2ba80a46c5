/* SPDX-License-Identifier: MIT */
/* Importing a module of the bundle: what importlib's _find_and_load() does, for these modules. */
#ifndef IMPORTER_FIND_LOAD_H
#define IMPORTER_FIND_LOAD_H

#include "importer/cpython/compat.h"
#include "importer/stats.h"
#include "lib/reader.h"

/*
 * Find `name` (an exact str) in the bundle. Returns false if it is not there or its record is
 * damaged; no exception is set.
 */
bool load_find(PyObject *name, struct pyb_module_view *view);

/* Whether the module of this name is from the file that the bundle was made with. Sets no exception. */
bool load_is_unchanged(PyObject *module, const char *name);

struct import;
struct framed_call;

/*
 * Import a module that the bundle knows and that is not in sys.modules. Takes the module's import
 * lock as importlib does and leaves to importlib whatever is not to be served. `import_` is what
 * _find_and_load() was given; it and the name are borrowed to the end.
 *
 * The caller makes the calls into Python code: after load_begin() those that load_next() returns, one
 * after the other, until it returns NULL. It is given what the last call has returned, NULL at first,
 * and steals it. load_end() returns a new reference to the module, or NULL with an exception.
 * load_begin() returns NULL, without an exception, when out of memory; `is_deferred` is kept for the
 * caller and comes back at the end.
 */
struct import *load_begin(const struct pyb_module_view *view, PyObject *name, PyObject *import_,
			  bool is_deferred);
const struct framed_call *load_next(struct import *import, PyObject *result);
PyObject *load_end(struct import *import, bool *is_deferred);

#endif
