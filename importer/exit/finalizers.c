/* SPDX-License-Identifier: MIT */
#include "importer/exit/finalizers.h"

#include <string.h>

#include "importer/cpython/attributes.h"
#include "importer/cpython/dry_run.h"
#include "importer/cpython/known_code.h"
#include "importer/cpython/plain_dict.h"
#include "importer/exit/lookup.h"
#include "importer/exit/stream_classes.h"

#if COMPAT_KNOWN_FINALIZATION

/*
 * The method __del__ that is called when an instance is destroyed, if there is no other finalizer: one
 * that Python code defines, in a class whose bases that C code defines have none. Borrowed, or NULL.
 */
static PyObject *find_method(const struct look *look, PyTypeObject *type)
{
	PyObject *const name = PyUnicode_InternFromString("__del__");
	PyObject *const method = name == NULL ? NULL : _PyType_Lookup(type, name);

	Py_XDECREF(name);
	PyErr_Clear();
	if (method == NULL || !PyFunction_Check(method))
		return NULL;
	for (; type != NULL; type = type->tp_base)
		if (type->tp_del != NULL ||
		    (type->tp_finalize != NULL && !types_is_class(&look->types, type)))
			return NULL;
	return method;
}

/* Modules/_asynciomodule.c: an error that nobody asked for, or a task that is not done. */
static bool is_quiet_future(PyObject *object)
{
	const bool is_task = strcmp(Py_TYPE(object)->tp_name, "_asyncio.Task") == 0;

	if (!is_task && strcmp(Py_TYPE(object)->tp_name, "_asyncio.Future") != 0)
		return false;
	return streams_field(object, "_log_traceback") == Py_False &&
	       (!is_task || streams_field(object, "_log_destroy_pending") == Py_False ||
		!streams_is_text(streams_field(object, "_state"), "PENDING"));
}

/* Lib/_weakrefset.py */
static bool is_empty_weak_set(const struct look *look, PyObject *object)
{
	PyObject *const type =
		look->weakrefset == NULL ? NULL : lookup(look->weakrefset, "WeakSet");
	PyObject *const iterate = type == NULL || type != (PyObject *)Py_TYPE(object)
					  ? NULL
					  : lookup(Py_TYPE(object)->tp_dict, "__iter__");
	PyObject *const data =
		iterate == NULL || !known_code_is(iterate, look->weakrefset, KNOWN_WEAK_SET_ITER)
			? NULL
			: streams_field(object, "data");

	return data != NULL && PyAnySet_CheckExact(data) && PySet_GET_SIZE(data) == 0;
}

/*
 * asgiref 3.6, asgiref/local.py: the method goes through a weak set to delete attributes. If that is empty
 * it does nothing, or gets the TypeError that it expects of module variables that are gone.
 */
static bool is_local_without_contexts(const struct look *look, PyObject *method, PyObject *object)
{
	PyObject *const name = PyUnicode_InternFromString("_context_refs");
	PyObject *references = NULL;
	const bool is_found =
		name != NULL &&
		known_code_is(method, streams_module_dict("asgiref.local"), KNOWN_LOCAL_DEL) &&
		attributes_find(object, name, &references) == ATTRIBUTE_VALUE;

	Py_XDECREF(name);
	PyErr_Clear();
	return is_found && is_empty_weak_set(look, references);
}

/* More of them are not looked into: it takes as long as destroying the objects. */
enum { FINALIZERS_MAX = 10000 };

bool finalizers_do_nothing(struct look *look, PyObject *object)
{
	PyTypeObject *const type = Py_TYPE(object);

	if (types_is_active(&look->types, type) || look->finalizers++ == FINALIZERS_MAX ||
	    !plain_dicts_has(type))
		return false;
	PyObject *const method = find_method(look, type);
	if (method == NULL && types_is_class(&look->types, type))
		return stream_classes_do_nothing(look, object);
	return method == NULL ? types_is_pythons(&look->types, type) && is_quiet_future(object)
			      : dry_run_does_nothing(method, object) ||
					is_local_without_contexts(look, method, object);
}

#endif
