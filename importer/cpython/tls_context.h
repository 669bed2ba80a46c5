/* SPDX-License-Identifier: MIT */
/* What a context of module _ssl refers to without showing it to the collector. */
#ifndef IMPORTER_CPYTHON_TLS_CONTEXT_H
#define IMPORTER_CPYTHON_TLS_CONTEXT_H

#include "importer/cpython/compat.h"

/* The type _ssl._SSLContext that this type is, or is derived from; NULL if it is not. No class in Python is. */
PyTypeObject *tls_context_type(PyTypeObject *type);

/*
 * Call the function with each such object: the name of the file for keys and, of 3.13, the callbacks for
 * pre-shared keys. False, with no exception set, if it cannot be told what they are, or the function returned
 * another number than 0. Needs the GIL.
 */
bool tls_context_visit(PyObject *context, visitproc visit, void *data);

#endif
