/* SPDX-License-Identifier: MIT */
/* Modules that a recorded program found where the search path by itself does not lead. */
#ifndef BUNDLER_RECORD_ORIGINS_H
#define BUNDLER_RECORD_ORIGINS_H

#include "bundler/record/remarks.h"

/*
 * Fill compose->from, after compose->paths: ask the interpreter where it finds the modules of the run,
 * and note the folder of each that it does not find in the file that the program had. This is so
 * where a program changes sys.path between its imports, as those with vendored packages do.
 * Errors: PYB_ERR_MEMORY, and those of resolve().
 */
enum pyb_status origins_gather(struct compose *compose);

#endif
