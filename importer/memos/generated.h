/* SPDX-License-Identifier: MIT */
/*
 * Code from the bundle for sources that module bodies generate: dataclasses, named tuples, attrs and
 * the like hand the same text to exec(), eval() or compile() at each start. The three stay the
 * objects that they are; only what they call is ours.
 */
#ifndef IMPORTER_MEMOS_GENERATED_H
#define IMPORTER_MEMOS_GENERATED_H

#include "importer/cpython/compat.h"
#include "lib/memo.h"

enum generator { GENERATOR_EXEC, GENERATOR_EVAL, GENERATOR_COMPILE, GENERATOR_COUNT };

/*
 * Called when the importer is ready: stand in for the three if the bundle has any such code, and if no
 * program runs yet.
 */
void generated_init(void);

#endif
