/* SPDX-License-Identifier: MIT */
#include "importer/cpython/attributes.h"

#include <structmember.h>

#include "importer/cpython/plain_dict.h"

/* What the name is to the class, and to those it is derived from; borrowed. */
static PyObject *find_in_type(PyTypeObject *type, const char *name)
{
	PyObject *const text = PyUnicode_InternFromString(name);
	PyObject *const found = text == NULL ? NULL : _PyType_Lookup(type, text);

	Py_XDECREF(text);
	PyErr_Clear();
	return found;
}

/* Whether the class has this method from `object`, in C. */
static bool does_as_object(PyTypeObject *type, const char *name)
{
	PyObject *const used = find_in_type(type, name);
	PyObject *const plain = find_in_type(&PyBaseObject_Type, name);

	return used == plain ||
	       (used != NULL && plain != NULL && Py_IS_TYPE(used, &PyWrapperDescr_Type) &&
		Py_IS_TYPE(plain, &PyWrapperDescr_Type) &&
		((PyWrapperDescrObject *)used)->d_wrapped ==
			((PyWrapperDescrObject *)plain)->d_wrapped);
}

/* Whether the class has something that is asked for what is missing. */
static bool asks_further(PyTypeObject *type)
{
	return find_in_type(type, "__getattr__") != NULL;
}

/* Whether it is in a slot, which refers to an object and is empty at first. */
static bool is_slot(PyObject *descriptor)
{
	return Py_IS_TYPE(descriptor, &PyMemberDescr_Type) &&
	       ((PyMemberDescrObject *)descriptor)->d_member->type == T_OBJECT_EX;
}

static enum attribute found_or(enum attribute other, PyObject *found, PyObject **value)
{
	*value = found;
	return found == NULL ? other : ATTRIBUTE_VALUE;
}

/*
 * An object refers to what is in its slot, so that the reference may be given back at once. The slot of
 * another class, under a name of this one, is an error that nobody expects.
 */
static enum attribute read_slot(PyObject *object, PyObject *name, PyObject **value)
{
	PyObject *const found = PyObject_GenericGetAttr(object, name);
	const bool is_missing = found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError);

	PyErr_Clear();
	Py_XDECREF(found);
	return found_or(is_missing ? ATTRIBUTE_MISSING : ATTRIBUTE_UNKNOWN, found, value);
}

/* The Python function that a property or a static method was made of, which refers to it. */
static enum attribute read_function(PyObject *descriptor, const char *name, enum attribute found,
				    PyObject **value)
{
	PyObject *const function = PyObject_GetAttrString(descriptor, name);

	PyErr_Clear();
	if (function == NULL || !PyFunction_Check(function)) {
		Py_XDECREF(function);
		return ATTRIBUTE_UNKNOWN;
	}
	*value = function;
	Py_DECREF(function);
	return found;
}

/* Compares names only, for a key of another kind may have a comparison of its own. */
static enum attribute read_dict(PyObject *dict, PyObject *name, PyObject **value)
{
	PyObject *key, *found;
	Py_ssize_t at = 0;

	while (PyDict_Next(dict, &at, &key, &found)) {
		if (!PyUnicode_CheckExact(key))
			return ATTRIBUTE_UNKNOWN;
		if (key == name || PyUnicode_Compare(key, name) == 0)
			return found_or(ATTRIBUTE_UNKNOWN, found, value);
	}
	return ATTRIBUTE_MISSING;
}

static enum attribute read_own(PyObject *object, PyObject *name, PyObject **value)
{
	enum { OWNERS = 2 }; /* the object, and this function */
	PyObject *const dict = PyObject_GenericGetDict(object, NULL);
	enum attribute found = ATTRIBUTE_UNKNOWN;

	if (dict == NULL) {
		PyErr_Clear(); /* it has none */
		return ATTRIBUTE_MISSING;
	}
	if (PyDict_CheckExact(dict) && Py_REFCNT(dict) == OWNERS)
		found = read_dict(dict, name, value);
	Py_DECREF(dict);
	return found;
}

static enum attribute read_inherited(PyObject *found, PyObject **value)
{
	if (found == NULL)
		return ATTRIBUTE_MISSING;
	if (Py_IS_TYPE(found, &PyFunction_Type)) {
		*value = found;
		return ATTRIBUTE_METHOD;
	}
	if (Py_IS_TYPE(found, &PyStaticMethod_Type))
		return read_function(found, "__func__", ATTRIBUTE_FUNCTION, value);
	return Py_TYPE(found)->tp_descr_get == NULL ? found_or(ATTRIBUTE_MISSING, found, value)
						    : ATTRIBUTE_UNKNOWN;
}

static enum attribute find(PyObject *object, PyObject *name, PyObject **value)
{
	PyObject *const inherited = _PyType_Lookup(Py_TYPE(object), name);
	enum attribute found;

	if (inherited != NULL && is_slot(inherited))
		return read_slot(object, name, value);
	if (inherited != NULL && Py_IS_TYPE(inherited, &PyProperty_Type))
		return read_function(inherited, "fget", ATTRIBUTE_PROPERTY, value);
	if (inherited != NULL && Py_TYPE(inherited)->tp_descr_set != NULL)
		return ATTRIBUTE_UNKNOWN;
	found = read_own(object, name, value);
	return found == ATTRIBUTE_MISSING ? read_inherited(inherited, value) : found;
}

enum attribute attributes_find(PyObject *object, PyObject *name, PyObject **value)
{
	enum attribute found;

	*value = NULL;
	if (!PyUnicode_CheckExact(name) || !plain_dicts_has(Py_TYPE(object)) ||
	    !does_as_object(Py_TYPE(object), "__getattribute__"))
		return ATTRIBUTE_UNKNOWN;
	found = find(object, name, value);
	return found == ATTRIBUTE_MISSING && asks_further(Py_TYPE(object)) ? ATTRIBUTE_UNKNOWN
									   : found;
}

enum attribute attributes_find_own(PyObject *object, PyObject *name, PyObject **value)
{
	*value = NULL;
	return plain_dicts_has(Py_TYPE(object)) &&
			       does_as_object(Py_TYPE(object), "__getattribute__")
		       ? read_own(object, name, value)
		       : ATTRIBUTE_UNKNOWN;
}

bool attributes_are_set_plainly(PyTypeObject *type)
{
	return does_as_object(type, "__setattr__");
}
