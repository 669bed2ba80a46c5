/* SPDX-License-Identifier: MIT */
/* The finders that stand on sys.meta_path before importlib's path finder. */
#ifndef IMPORTER_FIND_FINDERS_H
#define IMPORTER_FIND_FINDERS_H

#include <stdbool.h>

#include "importer/cpython/compat.h"

enum finders {
	FINDERS_NOTHING, /* none of them has the module: it is the path finder's turn */
	FINDERS_FOUND,   /* one of them has it */
	FINDERS_UNKNOWN, /* sys.meta_path is not what this can deal with: leave it to importlib */
	FINDERS_ERROR,   /* an exception is set */
};

/*
 * Ask every finder before the path finder for `name` on `path` (None for a top-level module), under
 * the import lock, as importlib's _find_spec() does. BuiltinImporter and FrozenImporter are not
 * asked: no module of a bundle is built-in or frozen in the interpreter that it was made for.
 * `to_the_end`: the path finder will not find the module, so it must be the last.
 * FINDERS_FOUND sets *spec to a new reference.
 */
enum finders finders_ask(PyObject *name, PyObject *path, bool to_the_end, PyObject **spec);

#endif
