/* SPDX-License-Identifier: MIT */
/*
 * Finders that importlib would have made. It makes one for each folder that it searches, and keeps it in
 * sys.path_importer_cache; here folders are searched without. Whoever could tell the difference is
 * to find them there: a path hook that the program adds, for it is not asked about folders that have
 * their finder, and a tracer, which sees finders being made. All functions need the GIL, and set no
 * exception.
 */
#ifndef IMPORTER_FIND_OWED_H
#define IMPORTER_FIND_OWED_H

#include "importer/cpython/compat.h"

struct folder;

/* The folder was searched, and has no finder. `key` is what importlib knows it by. */
void owed_note(struct folder *folder, PyObject *key);

/* Before each import: sys.path_hooks may have been changed, or the cache cleared. */
void owed_notice_changes(void);

/* Make the finders, without showing that to a tracer. */
void owed_make(void);

#endif
