/* SPDX-License-Identifier: MIT */
/* Making what importlib makes: loaders, specs, module objects. All need the GIL. */
#ifndef IMPORTER_FIND_SPEC_H
#define IMPORTER_FIND_SPEC_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "lib/reader.h"

/*
 * A new spec for a SOURCE or EXTENSION module as importlib's spec_from_file_location() makes it,
 * with a new SourceFileLoader or ExtensionFileLoader. `name` is the string that was imported.
 * `for_module`: the cached path is filled in already, as it is once a module was made from the spec.
 * Returns a new reference, or NULL with an exception set.
 */
PyObject *spec_new(const struct pyb_module_view *view, PyObject *name, bool for_module);

/* The spec that PathFinder._get_spec() returns for a name that it does not find. */
PyObject *spec_new_absent(PyObject *name);

/*
 * A new module object for a spec of spec_new(), with the attributes, in the order, that importlib's
 * module_from_spec() sets. Returns a new reference, or NULL with an exception set.
 */
PyObject *spec_new_module(const struct pyb_module_view *view, PyObject *name, PyObject *spec);

/* Whether a path is that of the module's file. Sets no exception. */
bool spec_is_origin(const struct pyb_module_view *view, PyObject *path);

#endif
