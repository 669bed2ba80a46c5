/* SPDX-License-Identifier: MIT */
/* Whether two objects of a class of the interpreter's are in the same state, without knowing what they consist of. */
#ifndef IMPORTER_CPYTHON_ALIKE_H
#define IMPORTER_CPYTHON_ALIKE_H

#include "importer/cpython/compat.h"

/*
 * They are of the same class, of fixed size and seen by the garbage collector (tp_traverse), and have the same bytes but
 * for their weak references and what they refer to: that is the same object in both, equal text, or something
 * else of the same class. False where that cannot be told. Sets no exception; needs the GIL.
 */
bool objects_are_alike(PyObject *one, PyObject *other);

#endif
