/* SPDX-License-Identifier: MIT */
/*
 * What Py_RunMain() takes of the command line, which is the interpreter's configuration (PEP 587), and
 * Py_GetArgcArgv(), which is a copy. A process that goes on with the memory of another writes its own
 * there. All functions need the GIL.
 */
#ifndef IMPORTER_CPYTHON_CONFIGURATION_H
#define IMPORTER_CPYTHON_CONFIGURATION_H

#include "importer/cpython/compat.h"

/* That of the main interpreter, writable; NULL if this interpreter does not tell. */
PyConfig *configuration_of_interpreter(void);

/*
 * The list that Py_GetArgcArgv() tells of, which no function sets: looked for among the interpreter's
 * variables by what is in it. NULL if it is not there just once. Python/initconfig.c: orig_argv, from 3.12
 * on _PyRuntime.orig_argv.
 */
PyWideStringList *configuration_find_arguments(void);

/*
 * Where a field of sys.flags has its value, by its name; NULL if there is none. The fields of a struct sequence
 * are members of its type (Objects/structseq.c).
 */
PyObject **configuration_find_flag(PyObject *flags, const char *name);

/* Variables that C code may ask in the place of the configuration: Py_UnbufferedStdioFlag and the like. */
void configuration_note_unbuffered(bool is_so);
void configuration_note_no_bytecode(bool is_so);

/*
 * Each of two lists that are exactly lists gets what the other had, and with it the room that it was made
 * with: lists that methods change have more, which a program can tell (sys.getsizeof()).
 */
void configuration_exchange_items(PyObject *list, PyObject *other);

#endif
