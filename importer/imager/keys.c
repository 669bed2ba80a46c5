/* SPDX-License-Identifier: MIT */
/*
 * By what an object is found that has been laid out already. Equal objects of several modules are one
 * in the image. Those of one module are two if they are two under stock: there can be a string that
 * is interned and an equal one that is not. Keys are
 *
 *	the string             of an interned string,
 *	(string, n)            of another one,
 *	(marshalled value, n)  of a number or bytes,
 *	(tuple of keys, n)     of a tuple; of a slice its type comes first,
 *	the address            of what the interpreter has in static memory,
 *
 * where n tells equal objects of one module apart.
 */
#include "importer/imager/builder.h"

/* The next number among the objects of the module that have this value. */
static PyObject *next_number(PyObject *numbers, PyObject *value)
{
	PyObject *const last = PyDict_GetItemWithError(numbers, value);

	if (last == NULL && PyErr_Occurred())
		return NULL;
	PyObject *const next = PyLong_FromSsize_t(last == NULL ? 0 : PyLong_AsSsize_t(last) + 1);
	if (next == NULL || PyDict_SetItem(numbers, value, next) == 0)
		return next;
	Py_DECREF(next);
	return NULL;
}

static PyObject *number_of(PyObject *numbers, PyObject *object, PyObject *value)
{
	PyObject *const address = PyLong_FromVoidPtr(object);
	PyObject *number = NULL;

	if (address == NULL)
		return NULL;
	number = Py_XNewRef(PyDict_GetItemWithError(numbers, address));
	if (number == NULL && !PyErr_Occurred()) {
		number = next_number(numbers, value);
		if (number != NULL && PyDict_SetItem(numbers, address, number) != 0)
			Py_CLEAR(number);
	}
	Py_DECREF(address);
	return number;
}

/* (value, n); takes the reference to the value over, which may be NULL. */
static PyObject *numbered(struct builder *builder, PyObject *object, PyObject *value)
{
	PyObject *const number =
		value == NULL ? NULL : number_of(builder->group.numbers, object, value);
	PyObject *const key = number == NULL ? NULL : PyTuple_Pack(2, value, number);

	Py_XDECREF(number);
	Py_XDECREF(value);
	return key;
}

static PyObject *keys_of_items(struct builder *builder, PyObject *tuple)
{
	const Py_ssize_t size = PyTuple_GET_SIZE(tuple);
	PyObject *const keys = PyTuple_New(size);

	for (Py_ssize_t i = 0; keys != NULL && i < size; i++) {
		PyObject *const key = key_of(builder, PyTuple_GET_ITEM(tuple, i));
		if (key == NULL) {
			Py_DECREF(keys);
			return NULL;
		}
		PyTuple_SET_ITEM(keys, i, key);
	}
	return keys;
}

static PyObject *keys_of_slice(struct builder *builder, const PySliceObject *slice)
{
	PyObject *const start = key_of(builder, slice->start);
	PyObject *const stop = start == NULL ? NULL : key_of(builder, slice->stop);
	PyObject *const step = stop == NULL ? NULL : key_of(builder, slice->step);
	PyObject *const keys =
		step == NULL ? NULL : PyTuple_Pack(4, &PySlice_Type, start, stop, step);

	Py_XDECREF(start);
	Py_XDECREF(stop);
	Py_XDECREF(step);
	return keys;
}

PyObject *key_of(struct builder *builder, PyObject *object)
{
	if (PyUnicode_CheckExact(object)) {
		PyObject *const text = Py_NewRef(object);
		return PyUnicode_CHECK_INTERNED(object) ? text : numbered(builder, object, text);
	}
	if (interpreter_holds(&builder->interpreter, object))
		return PyLong_FromVoidPtr(object);
	if (PyTuple_CheckExact(object))
		return numbered(builder, object, keys_of_items(builder, object));
	if (PySlice_Check(object))
		return numbered(builder, object, keys_of_slice(builder, (PySliceObject *)object));
	/* Version 2 has neither references nor anything else that differs from run to run. */
	return numbered(builder, object, PyMarshal_WriteObjectToString(object, 2));
}
