/* SPDX-License-Identifier: MIT */
/* A number by which code is recognized, wherever it comes from. */
#ifndef IMPORTER_CPYTHON_CODE_DIGEST_H
#define IMPORTER_CPYTHON_CODE_DIGEST_H

#include "importer/cpython/compat.h"

/*
 * FNV-1a, of 64 bits, of all that executing the code depends on: not of names and lines of files, nor of
 * what the interpreter makes of the instructions as it executes them. known_code.py computes it too. 0 if
 * there is a constant of another kind than functions have, or no memory. Sets no exception. Needs the GIL.
 */
uint64_t code_digest(PyCodeObject *code);

#endif
