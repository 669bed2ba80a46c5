/* SPDX-License-Identifier: MIT */
/* Going on with the snapshot of a bundle in the place of a start of the interpreter. */
#ifndef IMPORTER_RESUME_RESUME_H
#define IMPORTER_RESUME_RESUME_H

#include "importer/handoff/parse.h"

/*
 * If the bundle has a snapshot and all is as it was when that was made, exchange this process's memory for
 * it; does not return then. Returns, with nothing changed, if not: under PYSTART_VERBOSE it is said why.
 * For the constructor, before anything else is done for the bundle. Nothing is allocated.
 */
void resume(const struct handoff_received *handoff, int argc, char **argv);

#endif
