/* SPDX-License-Identifier: MIT */
/*
 * The end of the process without destroying what nobody can observe (policy exit).
 *
 * After the threads were joined and the functions of module atexit were called, Py_FinalizeEx()
 * flushes the standard streams, and then destroys all objects, one by one, before the process ends
 * and the kernel takes its memory. What comes last among the functions of atexit, here, is a look
 * at all objects: whether anything that destroying them would do can be noticed. If not, they are
 * put out of finalization's reach, which is then short. Otherwise it runs as ever.
 */
#ifndef IMPORTER_EXIT_EXIT_H
#define IMPORTER_EXIT_EXIT_H

#include "importer/cpython/compat.h"
#include "importer/exit/exit_scan.h"

/*
 * Have the last word, if the policy is on and the interpreter is known; to be called before any
 * Python code runs. Sets no exception. Needs the GIL.
 */
void exit_init(void);

/* For the statistics: how finalization went, or is to go. Writes one line to `text`. */
void exit_describe(char *text, size_t size);

#endif
