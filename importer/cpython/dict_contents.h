/* SPDX-License-Identifier: MIT */
/* A dictionary that is put back as it was. */
#ifndef IMPORTER_CPYTHON_DICT_CONTENTS_H
#define IMPORTER_CPYTHON_DICT_CONTENTS_H

#include "importer/cpython/compat.h"

/*
 * Puts all items of `contents` in the place of those that `dict` has, in their order. It is emptied first, for a
 * dictionary remembers which keys it once had room for, and sys.getsizeof() shows it. False with an exception, and
 * then it is whatever it has become. Needs the GIL.
 */
static inline bool dict_set_contents(PyObject *dict, PyObject *contents)
{
	PyObject *key, *value;
	Py_ssize_t at = 0;

	PyDict_Clear(dict);
	while (PyDict_Next(contents, &at, &key, &value))
		if (PyDict_SetItem(dict, key, value) != 0)
			return false;
	return true;
}

#endif
