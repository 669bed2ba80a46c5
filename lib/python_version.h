/* SPDX-License-Identifier: MIT */
/* Versions of Python as people write them. Needs no C library. */
#ifndef PYB_PYTHON_VERSION_H
#define PYB_PYTHON_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/* Room for the longest version, the NUL included. */
enum { PYB_PYTHON_VERSION_SIZE = 24 };

/* Write what `hexversion`, as in sys.hexversion, means: "3.13.0", "3.15.0rc2". */
void pyb_python_version_write(char text[PYB_PYTHON_VERSION_SIZE], uint32_t hexversion);

/*
 * Whether the version `text` is the one that `wanted` names in full or by its beginning: "3.13.0" is
 * a "3.13" and a "3", but no "3.1".
 */
bool pyb_python_version_is(const char *text, const char *wanted);

#endif
