/* SPDX-License-Identifier: MIT */
/* Looking for names in dictionaries without running code of the program's. */
#ifndef IMPORTER_CPYTHON_PLAIN_DICT_H
#define IMPORTER_CPYTHON_PLAIN_DICT_H

#include "importer/cpython/compat.h"

/*
 * Whether looking for a string in the dictionary runs no code: it is a dict, not of a derived class, and its
 * keys are strings, not of a derived class either, for another may have a comparison of its own. All
 * functions need the GIL, and set no exception.
 */
bool plain_dict_is(PyObject *dict);

/* The same of the dictionaries of a class and of those that it is derived from, where attributes are looked for. */
bool plain_dicts_has(const PyTypeObject *type);

/* Whether dictionaries are laid out as the functions above read them. */
bool plain_dicts_are_as_known(void);

#endif
