/* SPDX-License-Identifier: MIT */
/* The finders on sys.meta_path, around importlib's path finder. */
#ifndef IMPORTER_FIND_FINDERS_H
#define IMPORTER_FIND_FINDERS_H

#include <stdbool.h>

#include "importer/cpython/frames.h"

enum finders {
	FINDERS_NOTHING, /* none of them has the module */
	FINDERS_FOUND,   /* one of them has it */
	FINDERS_UNKNOWN, /* sys.meta_path is not what this can deal with: leave it to importlib */
	FINDERS_ERROR,   /* an exception is set */
};

/*
 * The finders that importlib's _find_spec() asks one after the other: sys.meta_path itself, or a copy of it
 * where that takes one. A new reference; NULL, with no exception set unless memory is short, if it is not a
 * list that has the path finder.
 */
PyObject *finders_walk(void);

/*
 * Ask every finder before the path finder for `name` on `path` (None for a top-level module), under
 * the import lock, as importlib's _find_spec() does. BuiltinImporter and FrozenImporter are not
 * asked, unless a program has changed them: no module of a bundle is built-in or frozen in the
 * interpreter that it was made for. FINDERS_FOUND sets *spec to a new reference. *asked tells whether
 * a finder was asked, which is not to be asked again then. The list is what finders_walk() gave.
 */
enum finders finders_ask_before(PyObject *meta_path, PyObject *name, PyObject *path,
				PyObject **spec, bool *asked);

/* The same for the finders behind the path finder and, if `with_path_finder`, for itself first. */
enum finders finders_ask_behind(PyObject *meta_path, PyObject *name, PyObject *path,
				bool with_path_finder, PyObject **spec);

/*
 * A finder that was asked for `name` has returned this spec. It may have imported the module itself;
 * then the spec of what is in sys.modules counts. Steals `spec`. NULL with an exception set.
 */
PyObject *finders_settle_spec(PyObject *spec, PyObject *name);

/* Call something of a finder from under the site's frames, under the import lock. */
PyObject *finders_call(enum site site, PyObject *callable, PyObject *const *arguments, int count);

#endif
