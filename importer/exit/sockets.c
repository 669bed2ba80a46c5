/* SPDX-License-Identifier: MIT */
#include "importer/exit/sockets.h"

#include "importer/cpython/attributes.h"
#include "importer/cpython/known_code.h"
#include "importer/exit/lookup.h"
#include "importer/exit/streams.h"

/* What the representation asks for, and gets from the base class in C. */
static const char *const asked[] = {"fileno",    "proto",       "getsockname",      "getpeername",
				    "__class__", "__getattr__", "__getattribute__", NULL};

static bool have_none_of(PyObject *dict, const char *const *names)
{
	for (; *names != NULL; names++)
		if (lookup(dict, *names) != NULL)
			return false;
	return true;
}

static bool has_property(PyObject *dict, const char *name, PyObject *socket, enum known_code code)
{
	PyObject *const property = lookup(dict, name);
	PyObject *const function = property != NULL && Py_IS_TYPE(property, &PyProperty_Type)
					   ? streams_field(property, "fget")
					   : NULL;

	return function != NULL && known_code_is(function, socket, code);
}

/* socket.socket, which alone is between the class in C and those that are derived from it. */
static bool is_base(const PyTypeObject *type, PyObject *socket)
{
	enum { CLASSES = 3 }; /* with `object` */
	PyObject *const represent = lookup(type->tp_dict, "__repr__");
	PyObject *const converter = lookup(socket, "_intenum_converter");

	return represent != NULL && known_code_is(represent, socket, KNOWN_SOCKET_REPR) &&
	       converter != NULL && known_code_is(converter, socket, KNOWN_SOCKET_CONVERTER) &&
	       has_property(type->tp_dict, "family", socket, KNOWN_SOCKET_FAMILY) &&
	       has_property(type->tp_dict, "type", socket, KNOWN_SOCKET_TYPE) &&
	       have_none_of(type->tp_dict, asked) && PyTuple_GET_SIZE(type->tp_mro) == CLASSES;
}

/* ssl.SSLSocket */
static bool is_derived(const PyTypeObject *type, const PyTypeObject *base)
{
	static const char *const names[] = {"__repr__", "family", "type", NULL};

	return type->tp_base == base && have_none_of(type->tp_dict, names) &&
	       have_none_of(type->tp_dict, asked) &&
	       PyTuple_GET_SIZE(type->tp_mro) == PyTuple_GET_SIZE(base->tp_mro) + 1;
}

static PyTypeObject *find_class(PyObject *module, const char *name)
{
	PyObject *const type = module == NULL ? NULL : lookup(module, name);

	return type != NULL && PyType_Check(type) ? (PyTypeObject *)type : NULL;
}

bool sockets_have_class(const PyTypeObject *type)
{
	PyObject *const socket = streams_module_dict("socket");
	const PyTypeObject *const base = find_class(socket, "socket");
	const PyTypeObject *const derived = find_class(streams_module_dict("ssl"), "SSLSocket");

	if (base == NULL || (type != base && (derived == NULL || type != derived)))
		return false;
	return PyType_HasFeature((PyTypeObject *)base, Py_TPFLAGS_HEAPTYPE) &&
	       is_base(base, socket) && (type == base || is_derived(type, base));
}

bool sockets_are_unchanged(PyObject *socket)
{
	for (size_t i = 0; asked[i] != NULL; i++) {
		PyObject *const name = PyUnicode_InternFromString(asked[i]);
		PyObject *value;
		const bool is_missing = name != NULL && attributes_find_own(socket, name, &value) ==
								ATTRIBUTE_MISSING;
		Py_XDECREF(name);
		PyErr_Clear();
		if (!is_missing)
			return false;
	}
	return true;
}
