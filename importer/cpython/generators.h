/* SPDX-License-Identifier: MIT */
/* What closing a generator does. */
#ifndef IMPORTER_CPYTHON_GENERATORS_H
#define IMPORTER_CPYTHON_GENERATORS_H

#include "importer/cpython/compat.h"

/*
 * Whether closing this generator, coroutine or asynchronous generator runs no code and tells nothing:
 * it has come to its end, or it is a generator that has not begun, or that is outside of try and with
 * and waits for no other one. Coroutines have more to tell, such as that nobody waited for them. Sets no
 * exception. Needs the GIL.
 */
bool generators_close_silently(PyObject *generator);

/* Whether a generator is laid out as the function above reads it. */
bool generators_are_as_known(void);

#endif
