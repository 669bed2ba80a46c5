/* SPDX-License-Identifier: MIT */
/* The extension modules that are loaded, by the shared objects that they are. */
#ifndef IMPORTER_EXIT_LIBRARIES_H
#define IMPORTER_EXIT_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether an extension module that does not belong to Python is loaded which may do more than free
 * memory when its objects are destroyed: one that uses other libraries than the C library, such as
 * a data base's or that of C++. `name`, of `size` bytes, gets its file. Needs no interpreter.
 */
bool libraries_may_act(char *name, size_t size);

#endif
