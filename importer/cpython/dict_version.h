/* SPDX-License-Identifier: MIT */
/* Noticing that a dictionary was changed, without comparing what is in it. */
#ifndef IMPORTER_CPYTHON_DICT_VERSION_H
#define IMPORTER_CPYTHON_DICT_VERSION_H

#include "importer/cpython/compat.h"

/*
 * A number that is another one after each change of the dictionary, which must be of the main interpreter
 * and is to live as long as it is asked for. 0, with no exception set, if it has none. Up to Python 3.13 the
 * dictionary keeps the number itself (PEP 509); later ones are watched from the first question on
 * (PyDict_Watch(), Objects/dictobject.c). Needs the GIL.
 */
uint64_t dict_version(PyObject *dict);

#endif
