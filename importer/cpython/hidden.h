/* SPDX-License-Identifier: MIT */
/*
 * What the importer keeps for itself among Python's objects: a program that asks the collector who
 * refers to an object, or a class for its subclasses, is not to find any of it.
 *
 * What is hidden is kept until the process ends: objects of some types must not be freed untracked.
 */
#ifndef IMPORTER_CPYTHON_HIDDEN_H
#define IMPORTER_CPYTHON_HIDDEN_H

#include "importer/cpython/compat.h"

/* Let the collector not know the object, which may be of a type that it never watches, or NULL. */
void hidden_object(PyObject *object);

/*
 * PyType_Ready() for a static type of ours whose base is a static type of the interpreter; the base
 * does not list it among its subclasses. Returns 0, or -1 with an exception set.
 */
int hidden_type_ready(PyTypeObject *type);

#endif
