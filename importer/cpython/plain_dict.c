/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/plain_dict.h"

#if COMPAT_KNOWN_FINALIZATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <internal/pycore_dict.h>
#pragma GCC diagnostic pop

/* Those that never had another key have tables of their own. */
static bool has_table_of_strings(PyObject *dict)
{
	return ((PyDictObject *)dict)->ma_keys->dk_kind != DICT_KEYS_GENERAL;
}
#else
static bool has_table_of_strings(PyObject *dict)
{
	(void)dict;
	return false;
}
#endif

static bool has_strings_only(PyObject *dict)
{
	PyObject *key;
	Py_ssize_t at = 0;

	while (PyDict_Next(dict, &at, &key, NULL))
		if (!PyUnicode_CheckExact(key))
			return false;
	return true;
}

bool plain_dict_is(PyObject *dict)
{
	return PyDict_CheckExact(dict) && (has_table_of_strings(dict) || has_strings_only(dict));
}

bool plain_dicts_has(const PyTypeObject *type)
{
	PyObject *const order = type->tp_mro;

	for (Py_ssize_t i = 0; order != NULL && i < PyTuple_GET_SIZE(order); i++) {
		PyTypeObject *const base = (PyTypeObject *)PyTuple_GET_ITEM(order, i);
		/* From 3.12 on those of the interpreter's own types are elsewhere, and have names only. */
		if (base->tp_dict != NULL && !plain_dict_is(base->tp_dict))
			return false;
	}
	return order != NULL;
}

bool plain_dicts_are_as_known(void)
{
	PyObject *const dict = PyDict_New(), *const name = PyUnicode_FromString("name");
	const bool are = dict != NULL && name != NULL && PyDict_SetItem(dict, name, Py_None) == 0 &&
			 has_table_of_strings(dict) &&
			 PyDict_SetItem(dict, Py_None, Py_None) == 0 && !has_table_of_strings(dict);

	Py_XDECREF(dict);
	Py_XDECREF(name);
	PyErr_Clear();
	return are;
}
