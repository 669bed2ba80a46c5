/* SPDX-License-Identifier: MIT */
/* What the callbacks of weak references do. */
#ifndef IMPORTER_EXIT_CALLBACKS_H
#define IMPORTER_EXIT_CALLBACKS_H

#include "importer/exit/look.h"

/*
 * Whether the callback of a weak reference does no more than take it out of a collection, and that runs no
 * code: it is one of Python's own, with the code and the defaults that it was made with, and the collection
 * is made of Python's own containers. Runs no Python code. Needs the GIL.
 */
bool callbacks_only_remove(struct look *look, PyObject *reference);

/* Whether the object is this function in C of Python's own. */
bool callbacks_is_c_function(const struct look *look, PyObject *object, const char *name);

#endif
