/* SPDX-License-Identifier: MIT */
#include "importer/cpython/hidden.h"

void hidden_object(PyObject *object)
{
	if (object != NULL && PyObject_IS_GC(object))
		PyObject_GC_UnTrack(object);
}

/*
 * The base has the list to tell its subclasses that an attribute of its own has changed, which no
 * attribute of the interpreter's static types ever does.
 */
static int leave_list(PyTypeObject *type)
{
#if COMPAT_LISTS_SUBCLASSES
	PyObject *const key = PyLong_FromVoidPtr(type);
	PyObject *const list = type->tp_base->tp_subclasses;
	const int result = key == NULL || (list != NULL && PyDict_DelItem(list, key) != 0) ? -1 : 0;

	Py_XDECREF(key);
	return result;
#else
	(void)type;
	return 0;
#endif
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
