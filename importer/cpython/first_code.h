/* SPDX-License-Identifier: MIT */
/*
 * The code with which a script begins, as far as all that it does is to import modules and to bind names: such code
 * is executed from its start, once and in its order, and sees nothing of the world but what it imports.
 */
#ifndef IMPORTER_CPYTHON_FIRST_CODE_H
#define IMPORTER_CPYTHON_FIRST_CODE_H

#include "importer/cpython/compat.h"

/*
 * Code that does what the script's does, and ends where the script goes on to do something else; a new reference.
 * `file` is what the code is to have as its file. NULL, with an exception set, if the script cannot be read or
 * compiled, or imports nothing at its start. Needs the GIL.
 */
PyObject *first_code_of(const char *script, PyObject *file);

/*
 * Whether to execute such code again does nothing but bind names: a module can be asked for a name that it does
 * not have, and makes it then (PEP 562). If not, *module and *name tell which, borrowed; NULL without memory. No
 * exception is left. Needs the GIL.
 */
bool first_code_is_repeatable(PyObject *code, PyObject **module, PyObject **name);

#endif
