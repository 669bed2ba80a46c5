/* SPDX-License-Identifier: MIT */
#include "importer/exit/callbacks.h"

#include <string.h>

#include "importer/exit/known_code.h"

#if COMPAT_KNOWN_FINALIZATION

/* Whether this function, or destructor of a type, is part of Python. */
static bool is_pythons(const struct look *look, void (*function)(void))
{
	return libraries_trust(&look->libraries, (uintptr_t)function) == TRUST_PYTHON;
}

/* Modules/_abc.c, Modules/_threadmodule.c (up to 3.12, and later). */
static bool is_removing_in_c(const struct look *look, const PyMethodDef *method)
{
	static const char *const names[] = {"_destroy", "_localdummy_destroyed", "clear_locals",
					    NULL};

	return is_pythons(look, (void (*)(void))method->ml_meth) &&
	       types_is_one_of(method->ml_name, names);
}

bool callbacks_is_c_function(const struct look *look, PyObject *object, const char *name)
{
	return PyCFunction_CheckExact(object) &&
	       is_pythons(look, (void (*)(void))((PyCFunctionObject *)object)->m_ml->ml_meth) &&
	       strcmp(((PyCFunctionObject *)object)->m_ml->ml_name, name) == 0;
}

/* A reference to the collection and, of some, the function in C that takes a dead reference out of it. */
static bool are_plain_defaults(const struct look *look, const PyFunctionObject *function)
{
	PyObject *const defaults = function->func_defaults;

	if (function->func_kwdefaults != NULL)
		return false;
	if (defaults == NULL)
		return true;
	const Py_ssize_t size = PyTuple_GET_SIZE(defaults);
	return size >= 1 && size <= 2 &&
	       Py_IS_TYPE(PyTuple_GET_ITEM(defaults, 0), &_PyWeakref_RefType) &&
	       (size == 1 || callbacks_is_c_function(look, PyTuple_GET_ITEM(defaults, 1),
						     "_remove_dead_weakref"));
}

/* Lib/weakref.py, Lib/_weakrefset.py, Lib/logging/__init__.py. */
static bool is_removing_in_python(const struct look *look, PyObject *callback)
{
	const struct {
		PyObject *globals;
		const char *qualname;
	} known[] = {
		{look->weakref, "WeakValueDictionary.__init__.<locals>.remove"},
		{look->weakref, "WeakKeyDictionary.__init__.<locals>.remove"},
		{look->weakrefset, "WeakSet.__init__.<locals>._remove"},
		{look->logging, "_removeHandlerRef"},
	};
	const PyFunctionObject *const function = (PyFunctionObject *)callback;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known_code_is(callback, known[i].globals, known[i].qualname))
			return are_plain_defaults(look, function);
	return false;
}

bool callbacks_only_remove(const struct look *look, PyObject *callback)
{
	if (PyCFunction_CheckExact(callback))
		return is_removing_in_c(look, ((PyCFunctionObject *)callback)->m_ml);
	if (PyFunction_Check(callback))
		return is_removing_in_python(look, callback);
	return is_pythons(look, (void (*)(void))Py_TYPE(callback)->tp_call) &&
	       strcmp(Py_TYPE(callback)->tp_name, "_ctypes.DictRemover") == 0;
}

#endif
