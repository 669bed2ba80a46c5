/* SPDX-License-Identifier: MIT */
/* The little that the importer reads and writes of CPython's bytecode. All need the GIL. */
#ifndef IMPORTER_CPYTHON_BYTECODE_H
#define IMPORTER_CPYTHON_BYTECODE_H

#include "importer/cpython/compat.h"

/* What an instruction loads by name. */
enum load {
	LOADS_GLOBAL,
	LOADS_ATTRIBUTE, /* or method */
	LOADS_LOCAL,
};

enum occurrence { THE_LAST, THE_FIRST };

/*
 * The last line of the code on which `name` is loaded in this way, or the first one, or the line on which
 * the code begins if there is none. -1 with an exception set when out of memory.
 */
int bytecode_find_line(PyCodeObject *code, enum load load, const char *name, enum occurrence which);

/*
 * A code object that, under the name, file and first line of `model`, passes its call on: all of it
 * is on `line`. It takes `count` arguments, 1 to 4, and returns `callee`(all of them) or, if callee
 * is NULL, what it gets from calling the first one with the others.
 * Returns a new reference, or NULL with an exception set.
 */
PyObject *bytecode_new_trampoline(PyCodeObject *model, int line, PyObject *callee, int count);

/*
 * Keep the call that the frame is making from being specialized the next few thousand times: a specialized
 * call goes by the definition of a built-in function, not by what calling the function calls. Does nothing
 * where the frame is at another instruction.
 */
void bytecode_hold_call(PyFrameObject *frame);

#endif
