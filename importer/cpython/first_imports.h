/* SPDX-License-Identifier: MIT */
/*
 * Importing what a script imports before it does anything else, as if it were run: from a frame of it, in __main__,
 * with its folder on sys.path (Modules/main.c: pymain_run_python(); Python/pythonrun.c:
 * _PyRun_SimpleFileObject()). All of it but the modules is taken back, so that the script, once it is run, finds
 * what it would have found, and its modules.
 */
#ifndef IMPORTER_CPYTHON_FIRST_IMPORTS_H
#define IMPORTER_CPYTHON_FIRST_IMPORTS_H

#include "importer/cpython/compat.h"

/*
 * `script` is absolute; `is_on_path`: its folder is on sys.path, and stays there. Returns NULL, or why that is no
 * start of a script that a snapshot can be made of; in static storage. No exception is left. Needs the GIL.
 */
const char *first_imports_do(const char *script, bool is_on_path);

#endif
