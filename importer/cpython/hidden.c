/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/hidden.h"

void hidden_object(PyObject *object)
{
	if (object != NULL && PyObject_IS_GC(object))
		PyObject_GC_UnTrack(object);
}

/*
 * The list of subclasses of a static type; NULL if it is not where the headers say. From 3.12 on each
 * interpreter has one of its own, under a number that the type has instead.
 */
static PyObject *find_subclasses(const PyTypeObject *type)
{
#ifdef COMPAT_STATIC_TYPES
	const size_t number = (size_t)type->tp_subclasses;

	if (number < 1 ||
	    number > sizeof(COMPAT_STATIC_TYPES(PyInterpreterState_Get())) /
			     sizeof(*COMPAT_STATIC_TYPES(PyInterpreterState_Get())) ||
	    COMPAT_STATIC_TYPES(PyInterpreterState_Get())[number - 1].type != type)
		return NULL;
	return COMPAT_STATIC_TYPES(PyInterpreterState_Get())[number - 1].tp_subclasses;
#else
	return type->tp_subclasses;
#endif
}

/*
 * The base has the list to tell its subclasses that an attribute of its own has changed, which no
 * attribute of the interpreter's static types ever does.
 */
static int leave_list(PyTypeObject *type)
{
	PyObject *const key = PyLong_FromVoidPtr(type);
	PyObject *const list = find_subclasses(type->tp_base);
	const int result = key == NULL || list == NULL || !PyDict_CheckExact(list) ||
					   PyDict_DelItem(list, key) != 0
				   ? -1
				   : 0;

	Py_XDECREF(key);
	return result;
}

int hidden_type_ready(PyTypeObject *type)
{
	PyObject *key, *value;
	Py_ssize_t position = 0;

	if ((type->tp_flags & Py_TPFLAGS_READY) != 0)
		return 0;
	if (PyType_Ready(type) != 0 || leave_list(type) != 0)
		return -1;
	hidden_object(type->tp_bases);
	hidden_object(type->tp_mro);
	while (PyDict_Next(type->tp_dict, &position, &key, &value))
		hidden_object(value);
	hidden_object(type->tp_dict);
	return 0;
}
