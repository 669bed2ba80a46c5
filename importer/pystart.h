/* SPDX-License-Identifier: MIT */
/* The importer for programs that embed Python: link with, or dlopen(), pystart.SOABI.so. */
#ifndef PYSTART_H
#define PYSTART_H

#include "lib/error.h"

/*
 * Serve the modules of the bundle at `path` from now on. Call it with the GIL held, after
 * Py_Initialize(), once a process, in the main interpreter. The bundle stays mapped until the
 * process ends. The bundle's bootstrap function is not run, and the environment is not asked: the
 * policies of the bundle are in force, but for what has to be settled before Py_Initialize() (how
 * the process ends, generated code, huge pages for small objects).
 * Errors: PYB_ERR_IO, PYB_ERR_NOT_BUNDLE, PYB_ERR_DAMAGED, PYB_ERR_UNSUPPORTED, PYB_ERR_MISMATCH,
 * PYB_ERR_UNSAFE, PYB_ERR_INVALID (a bundle is in use already); nothing is changed then, and no
 * exception is set. A bundle that fits the interpreter but not its settings (-O, -v) is refused
 * with the first import and left unused.
 */
__attribute__((visibility("default"))) enum pyb_status pystart_install(const char *path,
								       struct pyb_error *error);

#endif
