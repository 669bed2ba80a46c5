/* SPDX-License-Identifier: MIT */
/* Finalizers that have nothing to do. */
#ifndef IMPORTER_EXIT_FINALIZERS_H
#define IMPORTER_EXIT_FINALIZERS_H

#include "importer/exit/look.h"

#if COMPAT_KNOWN_FINALIZATION

/*
 * Whether the finalizer of this object would return at once, as things are: __del__ of something that
 * was closed, for one. So it will, when finalization comes to it: what it depends on belongs to the
 * object, and is changed by nobody if all other finalizers are of this kind too. False if very many were
 * looked into. Runs no code of the program's, sets no exception.
 */
bool finalizers_do_nothing(struct look *look, PyObject *object);

#endif

#endif
