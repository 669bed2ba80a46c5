/* SPDX-License-Identifier: MIT */
/*
 * What others see of the collector that waits (gc_deferral.h). Whoever looks for classes or objects
 * that nobody refers to any more does not find those that imports have left: before he looks, the
 * collection is made that stock Python has made meanwhile. Of that kind are classes that were
 * replaced, by their twins in C (functools.partial) or by a decorator that makes a class anew
 * (dataclass(slots=True)); a program that makes its registry of __subclasses__() would have them
 * twice.
 */
#ifndef IMPORTER_MEMORY_GC_LOOKS_H
#define IMPORTER_MEMORY_GC_LOOKS_H

#include "importer/cpython/compat.h"

/* How functions of the module gc are called that get their arguments in an array. */
typedef PyObject *(*gc_looks_fastcall)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

/* The functions that ours stand in front of. */
struct gc_looks {
	PyCFunction get_count, freeze, get_referrers, set_debug, subclasses;
	gc_looks_fastcall get_objects;
	gc_looks_fastcall collect; /* is not ours */
	bool is_looking;           /* a collection is being made for somebody */
};

/* Stand in front of them. Returns false, with none or some of them ours, if one is not there. */
bool gc_looks_init(struct gc_looks *looks);

#endif
