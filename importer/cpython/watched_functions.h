/* SPDX-License-Identifier: MIT */
/*
 * Noticing that a program has given a Python function other code or defaults, which changes neither the
 * class nor the module that the function is in. All functions need the GIL.
 */
#ifndef IMPORTER_CPYTHON_WATCHED_FUNCTIONS_H
#define IMPORTER_CPYTHON_WATCHED_FUNCTIONS_H

#include <stdbool.h>

#include "importer/cpython/compat.h"

/* What a function does depends on these; all owned, the defaults may be NULL. */
struct watched_function {
	PyFunctionObject *function;
	PyObject *code, *defaults, *keyword_defaults;
	uint64_t keyword_version; /* of that dictionary */
};

/* References are kept as long as the process lives. Those with defaults come first. */
struct watched_functions {
	struct watched_function *items;
	size_t count, room, with_defaults;
};

/*
 * Watch an object too if it is a function, or a property or method that is made of one.
 * Returns 0, or -1 when out of memory.
 */
int watched_functions_add(struct watched_functions *functions, PyObject *object);

/* A function that is not as it was; borrowed. NULL if there is none. */
PyObject *watched_functions_find_changed(const struct watched_functions *functions);

#endif
