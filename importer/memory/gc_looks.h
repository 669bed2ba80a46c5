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

/* Stand in front of them. Returns false, with none or some of them ours, if one is not there. */
bool gc_looks_init(void);

#endif
