/* SPDX-License-Identifier: MIT */
/* Keeping finalization from what nobody would notice. */
#ifndef IMPORTER_EXIT_LEAVE_H
#define IMPORTER_EXIT_LEAVE_H

#include "importer/cpython/compat.h"
#include "importer/exit/exit_scan.h"

/*
 * Called by the last function of module atexit, `last`: if destroying what is left can be observed by
 * nobody, put it out of finalization's reach, or end that before. Returns OBSERVABLE_NOTHING then; else what can be
 * observed, or OBSERVABLE_UNKNOWN, and finalization runs as ever. `detail` is observable_look()'s.
 * Sets no exception. Needs the GIL.
 */
enum observable leave_quickly(const PyObject *last, char *detail);

/* Whether finalization ended, or is to end, as soon as the standard streams are flushed. Any thread. */
bool leave_is_at_once(void);

#endif
