/* SPDX-License-Identifier: MIT */
#include "importer/exit/finalizers.h"

#include <string.h>

#include "importer/cpython/dry_run.h"

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

bool finalizers_do_nothing(const struct look *look, PyObject *object)
{
	PyTypeObject *const type = Py_TYPE(object);
	PyObject *const method = find_method(look, type);

	if (types_is_active(type))
		return false;
	return method == NULL ? types_is_pythons(&look->types, type) && is_quiet_future(object)
			      : dry_run_does_nothing(method, object);
}

#endif
