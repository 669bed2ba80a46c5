/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions from the bundle: we stand in for re._compiler.compile(), which hands the code
 * that it makes from a pattern to _sre.compile(). With the same pattern and flags it makes the same
 * code each time, so the code that it made when the bundle was built is handed over at once.
 */
#ifndef IMPORTER_MEMOS_REGEX_H
#define IMPORTER_MEMOS_REGEX_H

#include "importer/cpython/intercept.h"
#include "importer/cpython/watch.h"
#include "lib/memo.h"

/* Called when the importer is ready: look whether the bundle has any. */
void regex_init(void);

/*
 * Called after each import of a module that was successful: begin when all that this needs is there.
 * Sets no exception.
 */
void regex_notice_import(void);

#endif
