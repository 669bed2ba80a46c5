/* SPDX-License-Identifier: MIT */
#include "importer/cpython/watched_functions.h"

#include <stdlib.h>

#include "importer/cpython/dict_version.h"

static bool is_watched(const struct watched_functions *functions, PyObject *function)
{
	for (size_t i = 0; i < functions->count; i++)
		if ((PyObject *)functions->items[i].function == function)
			return true;
	return false;
}

static int make_room(struct watched_functions *functions)
{
	const size_t room = functions->room == 0 ? 64 : 2 * functions->room;

	if (functions->count < functions->room)
		return 0;
	struct watched_function *const grown =
		reallocarray(functions->items, room, sizeof(*functions->items));
	if (grown == NULL)
		return -1;
	functions->items = grown;
	functions->room = room;
	return 0;
}

static uint64_t version_of(PyObject *dict)
{
	return dict == NULL ? 0 : dict_version(dict);
}

static int add_function(struct watched_functions *functions, PyObject *object)
{
	PyFunctionObject *const function = (PyFunctionObject *)object;

	if (is_watched(functions, object))
		return 0;
	if (make_room(functions) != 0)
		return -1;
	struct watched_function *item = &functions->items[functions->count++];
	if (function->func_defaults != NULL || function->func_kwdefaults != NULL) {
		*item = functions->items[functions->with_defaults];
		item = &functions->items[functions->with_defaults++];
	}
	*item = (struct watched_function){
		.function = (PyFunctionObject *)Py_NewRef(object),
		.code = Py_NewRef(function->func_code),
		.defaults = Py_XNewRef(function->func_defaults),
		.keyword_defaults = Py_XNewRef(function->func_kwdefaults),
		.keyword_version = version_of(function->func_kwdefaults),
	};
	return 0;
}

int watched_functions_add(struct watched_functions *functions, PyObject *object)
{
	static const char *const parts[] = {"__func__", "fget"};

	if (PyFunction_Check(object))
		return add_function(functions, object);
	if (!Py_IS_TYPE(object, &PyClassMethod_Type) && !Py_IS_TYPE(object, &PyStaticMethod_Type) &&
	    !Py_IS_TYPE(object, &PyProperty_Type))
		return 0;
	PyObject *const part =
		PyObject_GetAttrString(object, parts[Py_IS_TYPE(object, &PyProperty_Type) ? 1 : 0]);
	const int result =
		part != NULL && PyFunction_Check(part) ? add_function(functions, part) : 0;
	PyErr_Clear();
	Py_XDECREF(part);
	return result;
}

static bool has_other_defaults(const struct watched_function *watched)
{
	const PyFunctionObject *const function = watched->function;

	return function->func_defaults != watched->defaults ||
	       function->func_kwdefaults != watched->keyword_defaults ||
	       version_of(watched->keyword_defaults) != watched->keyword_version;
}

/* Defaults that a function did not have are for arguments that all of importlib's callers give. */
PyObject *watched_functions_find_changed(const struct watched_functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		if (functions->items[i].function->func_code != functions->items[i].code)
			return (PyObject *)functions->items[i].function;
	for (size_t i = 0; i < functions->with_defaults; i++)
		if (has_other_defaults(&functions->items[i]))
			return (PyObject *)functions->items[i].function;
	return NULL;
}
