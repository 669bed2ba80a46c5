/* SPDX-License-Identifier: MIT */
/* Whether finalization can flush the standard streams: it says so only in what Py_FinalizeEx() returns. */
#ifndef IMPORTER_EXIT_FLUSHES_H
#define IMPORTER_EXIT_FLUSHES_H

#include <stdbool.h>

/*
 * Watch the flushing of sys.stdout and sys.stderr, which are those that the interpreter has made, as
 * observable_look() has found, or None. False, and nothing is watched, if one of them was replaced, if
 * sys.__stdin__ can be written to, which nothing flushes, or memory ran out. Sets no exception. All functions need
 * the GIL.
 */
bool flushes_watch(void);

/* Watch no longer; nothing of it is left. Whether no flushing has failed meanwhile. */
bool flushes_end(void);

#endif
