/* SPDX-License-Identifier: MIT */
/* Classes that Python code derives from those of module io. */
#ifndef IMPORTER_EXIT_STREAM_CLASSES_H
#define IMPORTER_EXIT_STREAM_CLASSES_H

#include "importer/exit/look.h"

#if COMPAT_KNOWN_FINALIZATION

/*
 * Whether the object is an instance of such a class whose finalizer, which is io's, has nothing to close:
 * it is closed, or closing it is left to io, and there is nothing below it. Runs no code of the program's,
 * sets no exception.
 */
bool stream_classes_do_nothing(const struct look *look, PyObject *object);

#endif

#endif
