/* SPDX-License-Identifier: MIT */
/*
 * Standing in for a Python function without replacing it: the function object stays the one that
 * everybody has, with its name, code and signature, but calling it runs ours.
 */
#ifndef IMPORTER_CPYTHON_INTERCEPT_H
#define IMPORTER_CPYTHON_INTERCEPT_H

#include <stdbool.h>

#include "importer/cpython/compat.h"

struct intercepted {
	PyObject *function;   /* owned */
	PyObject *code;       /* its code as it was found; owned */
	vectorcallfunc stock; /* what calling the function did, and still does with it */
};

/* Let calls of the function go to `ours`. Returns 0, or -1 with an exception set. */
int intercept(struct intercepted *intercepted, PyObject *function, vectorcallfunc ours);

/*
 * Whether to stand in for the function just now: its code is what it was, and no tracer or profiler
 * of this thread wants to see it run.
 */
bool intercept_applies(const struct intercepted *intercepted);

/* Let calls of the function go to itself again, and drop what is owned. */
void intercept_end(struct intercepted *intercepted);

/* Call the function as if nobody stood in for it. */
PyObject *intercept_pass(const struct intercepted *intercepted, PyObject *const *arguments,
			 size_t count, PyObject *keywords);

#endif
