/* SPDX-License-Identifier: MIT */
/*
 * sys.argv and sys.orig_argv, which a start that a snapshot is made of does not know: another start has others. Who asks
 * for them is noticed: meanwhile they are not in module `sys`, which has a function __getattr__ (PEP 562).
 */
#ifndef IMPORTER_CPYTHON_HIDDEN_ARGUMENTS_H
#define IMPORTER_CPYTHON_HIDDEN_ARGUMENTS_H

#include "importer/cpython/compat.h"

/*
 * Hides them, up to the next hidden_arguments_end(); does nothing if they are hidden. False with an exception. Both
 * functions need the GIL.
 */
bool hidden_arguments_begin(void);

/*
 * Shows them again, in the places that they had among the names of `sys`; what has come meanwhile stands behind. Returns NULL,
 * or why the start is none that a snapshot can be made of: who asked for them or keeps a copy of what `sys` had
 * meanwhile, or that they were changed; in static storage. Does nothing if they are not hidden. No exception is left.
 */
const char *hidden_arguments_end(void);

#endif
