/* SPDX-License-Identifier: MIT */
/* Sockets in Python, whose finalizer asks them for their representation. */
#ifndef IMPORTER_EXIT_SOCKETS_H
#define IMPORTER_EXIT_SOCKETS_H

#include "importer/cpython/compat.h"

/*
 * Lib/socket.py and ssl.py: whether the type is one of the classes for sockets, which have no finalizer but
 * that of the base class in C. It puts their representation into its warning, whether that is shown or not;
 * nothing that this calls was replaced in the classes. Sets no exception. All functions need the GIL.
 */
bool sockets_have_class(const PyTypeObject *type);

/* Whether such a socket has none of these things of its own. Sets no exception. */
bool sockets_are_unchanged(PyObject *socket);

#endif
