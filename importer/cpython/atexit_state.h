/* SPDX-License-Identifier: MIT */
/* The functions that module atexit calls, in the state of the interpreter. All need the GIL. */
#ifndef IMPORTER_CPYTHON_ATEXIT_STATE_H
#define IMPORTER_CPYTHON_ATEXIT_STATE_H

#include "importer/cpython/compat.h"

/* Whether the state is laid out as expected. */
bool atexit_state_is_as_known(void);

/* Whether this function is the one that was registered first, and is called last. */
bool atexit_state_begins_with(const PyObject *function);

/* Whether C code wants functions called when the interpreter goes: PyUnstable_AtExit(). */
bool atexit_state_has_functions_in_c(void);

/* Take what was registered first out of what gc.get_objects() lists, if it is there. */
void atexit_state_hide_first(void);

#if COMPAT_ATEXIT_HAS_LIST
/*
 * Take this function out if it was registered first. Returns what is to be put back, an owned reference; NULL,
 * with no exception set, if it was another.
 */
PyObject *atexit_state_take_first(const PyObject *function);

/* Put it back where it was. False, with no exception set, if that fails. */
bool atexit_state_put_first(PyObject *first);
#endif

#endif
