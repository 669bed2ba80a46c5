/* SPDX-License-Identifier: MIT */
/* What the importer can do in the interpreter that runs, as its structures are found to be. */
#ifndef IMPORTER_FEATURES_H
#define IMPORTER_FEATURES_H

#include <stddef.h>

/* Switch off the policies that rely on a structure that is not as expected. PYSTART_VERBOSE tells. */
void features_leave_out_unfit(void);

/*
 * Write what interpreter this is, whether the importer was built for it, and what is left out, such as
 * "CPython 3.13.0, as built: without quick exit, for ...". Leaves no exception set.
 */
void features_describe(char *text, size_t size);

#endif
