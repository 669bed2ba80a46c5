/* SPDX-License-Identifier: MIT */
/* Functions in Python whose source was read. */
#ifndef IMPORTER_EXIT_KNOWN_CODE_H
#define IMPORTER_EXIT_KNOWN_CODE_H

#include "importer/cpython/compat.h"

/*
 * Whether the object is a function of the module that has these globals, and its code is what the
 * module's file has under this name: a program can give a function other code. Of a module that is not from an
 * image that is told by names alone. False if globals is NULL. Sets no exception.
 */
bool known_code_is(PyObject *function, PyObject *globals, const char *qualname);

/* Whether these, in this order and no others, are the names that the function's code uses. */
bool known_code_uses(PyObject *function, const char *const *names, size_t count);

#endif
