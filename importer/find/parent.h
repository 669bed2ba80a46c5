/* SPDX-License-Identifier: MIT */
/* The package that a module is in, as importlib's _find_and_load_unlocked() deals with it. */
#ifndef IMPORTER_FIND_PARENT_H
#define IMPORTER_FIND_PARENT_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "lib/reader.h"

/* Start with {0}. */
struct parent {
	PyObject *name;          /* NULL: the module is a top-level one; owned */
	PyObject *child;         /* what is behind the last dot; owned */
	PyObject *path;          /* __path__; owned */
	PyObject *uninitialized; /* __spec__._uninitialized_submodules; owned */
	bool is_initializing;    /* and importlib waits until it no longer is */
};

/* Take the module's name apart. Returns 0, or -1 with an exception set. */
int parent_init(struct parent *parent, const struct pyb_module_view *view);
void parent_release(struct parent *parent);

/*
 * Fetch __path__ and the list of submodules in the making from the package, which has been imported.
 * Returns 1; 0 if it is not the ordinary package that this needs; -1 with an exception set.
 */
int parent_look(struct parent *parent);

/*
 * Note in the package's spec that the child is being imported, and that it no longer is. Push returns
 * 0, or -1 with an exception set.
 */
int parent_push_child(const struct parent *parent);
void parent_pop_child(const struct parent *parent);

/* Make the module an attribute of its package. Returns 0, or -1 with an exception set. */
int parent_bind(const struct parent *parent, PyObject *module);

#endif
