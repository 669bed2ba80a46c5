/* SPDX-License-Identifier: MIT */
/* Names of what keeps imports from being served, for PYSTART_STATS. */
#ifndef IMPORTER_FIND_FOREIGN_STATS_H
#define IMPORTER_FIND_FOREIGN_STATS_H

#include "importer/cpython/compat.h"

/*
 * Note that an import was left to a finder that is not importlib's own. `role` is what it is, such as
 * "meta path finder". Does nothing unless statistics are wanted. Sets no exception.
 */
void foreign_note(const char *role, PyObject *finder);

/* Note that an import was left to importlib because `what` was changed. */
void foreign_note_change(const char *what);

#endif
