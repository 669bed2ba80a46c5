/* SPDX-License-Identifier: MIT */
/* From what the bundle holds of the metadata of an installed distribution to the object made of it. */
#ifndef IMPORTER_MEMOS_DISTRIBUTION_H
#define IMPORTER_MEMOS_DISTRIBUTION_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "lib/distribution.h"

/*
 * Whether the metadata is there, may be read, and nobody has touched it since the bundle was made. Says
 * whether it is a folder.
 */
bool distribution_is_untouched(const struct pyb_distribution_view *view, const char *path,
			       bool *is_folder);

/*
 * The object, of classes that are found in the dictionary `classes`. `path` is the string that it was
 * asked for with. New reference, or NULL with an exception set.
 */
PyObject *distribution_make(const struct pyb_distribution_view *view, PyObject *path,
			    PyObject *classes);

#endif
