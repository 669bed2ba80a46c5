/* SPDX-License-Identifier: MIT */
/* The versions of code objects, by which specialized calls recognize functions. */
#ifndef IMPORTER_CPYTHON_CODE_VERSIONS_H
#define IMPORTER_CPYTHON_CODE_VERSIONS_H

#include <stdbool.h>

/*
 * Keep the interpreter from giving the versions that code of an image has to other code. False, with
 * no exception set, if it has done so already, or if that cannot be found out: the image cannot be
 * used then. Once in a process, in the main interpreter, under the GIL.
 */
bool image_versions_reserve(void);

#endif
