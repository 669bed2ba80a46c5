/* SPDX-License-Identifier: MIT */
/* Code objects from the bundle. All functions need the GIL. */
#ifndef PYSTART_CODE_H
#define PYSTART_CODE_H

#include "importer/compat.h"
#include "lib/reader.h"

/*
 * The one pass: unmarshal the code of all startup modules and keep it until it is asked for.
 * A module that fails is left out. Returns 0, or -1 with an exception set.
 */
int code_load_startup(void);

/*
 * A code object of a SOURCE module that nobody else has: a new reference. NULL without an exception
 * if the bundle's code is damaged or out of reach (the module is then left to importlib), or NULL
 * with an exception when out of memory.
 */
PyObject *code_take(const struct pyb_module_view *view);

#endif
