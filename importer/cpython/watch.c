/* SPDX-License-Identifier: MIT */
#include "importer/cpython/watch.h"

#include "importer/cpython/dict_version.h"
#include "importer/cpython/hidden.h"

enum kind { WATCHED_GLOBALS, WATCHED_DICT, WATCHED_TYPE, WATCHED_FUNCTION };

/* All references are owned. */
struct watched {
	enum kind kind;
	PyObject *object;
	uint64_t version;             /* of a dictionary or a type; 0: it has none */
	PyObject *known;              /* a copy of global names; the code of a function */
	PyObject *defaults, *keyword; /* of a function; may be NULL */
};

static int add(struct watch *watch, const struct watched *thing)
{
	struct watched *const things =
		PyMem_Realloc(watch->things, (watch->count + 1) * sizeof(*things));

	if (things == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	things[watch->count++] = *thing;
	watch->things = things;
	Py_INCREF(thing->object);
	return 0;
}

static int add_function(struct watch *watch, PyObject *object)
{
	const PyFunctionObject *const function = (const PyFunctionObject *)object;

	return add(watch, &(struct watched){.kind = WATCHED_FUNCTION,
					    .object = object,
					    .known = Py_NewRef(function->func_code),
					    .defaults = Py_XNewRef(function->func_defaults),
					    .keyword = Py_XNewRef(function->func_kwdefaults)});
}

static int add_dict(struct watch *watch, PyObject *dict)
{
	return add(watch, &(struct watched){.kind = WATCHED_DICT,
					    .object = dict,
					    .version = dict_version(dict)});
}

/* A type gets its version tag when an attribute is looked up in it, so look one up. */
static int add_type(struct watch *watch, PyObject *type)
{
	PyObject *const attribute = PyObject_GetAttrString(type, "__init__");

	PyErr_Clear();
	Py_XDECREF(attribute);
	return add(watch, &(struct watched){.kind = WATCHED_TYPE,
					    .object = type,
					    .version = compat_type_version((PyTypeObject *)type)});
}

static bool is_dunder(PyObject *key)
{
	return PyUnicode_Check(key) && PyUnicode_GET_LENGTH(key) > 2 &&
	       PyUnicode_READ_CHAR(key, 0) == '_' && PyUnicode_READ_CHAR(key, 1) == '_';
}

/* Classes of the interpreter itself do not change. */
static bool is_own_type(PyObject *object)
{
	return PyType_Check(object) &&
	       PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE);
}

static int add_value(struct watch *watch, PyObject *value)
{
	if (PyFunction_Check(value))
		return add_function(watch, value);
	if (PyDict_CheckExact(value))
		return add_dict(watch, value);
	return is_own_type(value) ? add_type(watch, value) : 0;
}

static int add_methods(struct watch *watch, PyObject *type)
{
	PyObject *const dict = PyObject_GetAttrString(type, "__dict__");
	PyObject *const values = dict == NULL ? NULL : PyMapping_Values(dict);
	int result = values == NULL ? -1 : 0;

	for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(values); i++)
		if (PyFunction_Check(PyList_GET_ITEM(values, i)))
			result = add_function(watch, PyList_GET_ITEM(values, i));
	Py_XDECREF(dict);
	Py_XDECREF(values);
	return result;
}

int watch_module(struct watch *watch, PyObject *module)
{
	PyObject *const globals = PyModule_GetDict(module);
	PyObject *const known = globals == NULL ? NULL : PyDict_Copy(globals);
	PyObject *key, *value;
	Py_ssize_t position = 0;
	int result;

	if (known == NULL)
		return -1;
	hidden_object(known);
	result = add(watch, &(struct watched){.kind = WATCHED_GLOBALS,
					      .object = globals,
					      .version = dict_version(globals),
					      .known = known});
	while (result == 0 && PyDict_Next(known, &position, &key, &value)) {
		if (is_dunder(key))
			continue;
		result = add_value(watch, value);
		if (result == 0 && is_own_type(value))
			result = add_methods(watch, value);
	}
	return result;
}

/* Compared only after something was set. */
static bool are_globals_pristine(struct watched *thing)
{
	const uint64_t version = dict_version(thing->object);
	PyObject *key, *value;
	Py_ssize_t position = 0;

	if (version == thing->version && version != 0)
		return true;
	while (PyDict_Next(thing->known, &position, &key, &value))
		if (!is_dunder(key) && PyDict_GetItemWithError(thing->object, key) != value) {
			PyErr_Clear();
			return false;
		}
	thing->version = version;
	return true;
}

static bool is_pristine(struct watched *thing)
{
	const PyFunctionObject *const function = (const PyFunctionObject *)thing->object;

	switch (thing->kind) {
	case WATCHED_GLOBALS:
		return are_globals_pristine(thing);
	case WATCHED_DICT:
		return thing->version != 0 && dict_version(thing->object) == thing->version;
	case WATCHED_TYPE:
		return thing->version != 0 &&
		       compat_type_version((PyTypeObject *)thing->object) == thing->version;
	case WATCHED_FUNCTION:
		return function->func_code == thing->known &&
		       function->func_defaults == thing->defaults &&
		       function->func_kwdefaults == thing->keyword;
	}
	return false;
}

bool watch_is_pristine(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (!is_pristine(&watch->things[i]))
			return false;
	return true;
}
