/* SPDX-License-Identifier: MIT */
#include "importer/exit/callbacks.h"

#include <string.h>

#include "importer/cpython/attributes.h"
#include "importer/cpython/known_code.h"
#include "importer/exit/lookup.h"

#if COMPAT_KNOWN_FINALIZATION

/* A function that takes a dead reference out of a collection. */
struct removing {
	PyObject *globals;
	enum known_code code;
	PyTypeObject *type; /* of what the collection keeps its references in */
	bool has_keys;      /* by which they are found */
};

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

/* --- Lib/weakref.py, Lib/_weakrefset.py */

/* An attribute of the object, which it or its class refers to; borrowed, or NULL. */
static PyObject *find_value(PyObject *object, const char *name)
{
	PyObject *const text = PyUnicode_InternFromString(name);
	PyObject *value = NULL;
	const bool is_found =
		text != NULL && attributes_find(object, text, &value) == ATTRIBUTE_VALUE;

	Py_XDECREF(text);
	PyErr_Clear();
	return is_found ? value : NULL;
}

/* The same of the collection, if it is an object of just this type. */
static PyObject *find_part(PyObject *collection, const char *name, PyTypeObject *type)
{
	PyObject *const value = find_value(collection, name);

	return value != NULL && Py_IS_TYPE(value, type) ? value : NULL;
}

/* Up to 3.13 nothing is taken out while somebody iterates. */
static bool is_not_iterating(PyObject *callback, PyObject *collection)
{
	static const char name[] = "_iterating";
	PyObject *const names = ((PyCodeObject *)PyFunction_GetCode(callback))->co_names;

	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
		if (streams_is_text(PyTuple_GET_ITEM(names, i), name)) {
			PyObject *const iterating = find_part(collection, name, &PySet_Type);
			return iterating != NULL && PySet_GET_SIZE(iterating) == 0;
		}
	return true;
}

/*
 * Whether objects are hashed and compared by their identity, or in C by a module that is known to be harmless:
 * zope.interface 5.5, _zope_interface_coptimizations.c, takes interfaces by their names.
 */
static bool is_hashed_idly(const struct look *look, const PyTypeObject *type)
{
	return (type->tp_hash == PyBaseObject_Type.tp_hash &&
		type->tp_richcompare == PyBaseObject_Type.tp_richcompare) ||
	       (libraries_trust(&look->libraries, (uintptr_t)type->tp_hash) == TRUST_HARMLESS &&
		libraries_trust(&look->libraries, (uintptr_t)type->tp_richcompare) ==
			TRUST_HARMLESS);
}

/* A key is hashed, and perhaps compared, to be found. */
static bool is_plain_key(const struct look *look, PyObject *key)
{
	static PyTypeObject *const plain[] = {&PyUnicode_Type, &PyLong_Type, &PyBytes_Type,
					      &PyBool_Type, &PyFloat_Type};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (key == Py_None || Py_IS_TYPE(key, plain[i]))
			return true;
	if (!PyTuple_CheckExact(key))
		return is_hashed_idly(look, Py_TYPE(key));
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
		PyObject *const part = PyTuple_GET_ITEM(key, i);
		if (PyTuple_CheckExact(part) || !is_plain_key(look, part))
			return false;
	}
	return true;
}

/* Of a dictionary of weak values, the reference knows the key. */
static bool has_plain_key(const struct look *look, PyObject *reference)
{
	PyObject *const type = look->weakref == NULL ? NULL : lookup(look->weakref, "KeyedRef");
	PyObject *const key =
		type != (PyObject *)Py_TYPE(reference) ? NULL : find_value(reference, "key");

	return key != NULL && is_plain_key(look, key);
}

/* Many references are to be taken out of the same collection, one after the other. */
static bool is_plain_collection(struct look *look, PyObject *callback, PyObject *collection,
				const struct removing *removing)
{
	if (collection == look->collection && removing->code == look->removing)
		return true;
	if (!is_not_iterating(callback, collection) ||
	    find_part(collection, "data", removing->type) == NULL)
		return false;
	look->collection = collection;
	look->removing = removing->code;
	return true;
}

/*
 * The function's first default is a reference to the collection, whose attributes it asks for: taking
 * something out of them runs no code if they are Python's own containers, and nobody iterates.
 */
static bool is_removing_plainly(struct look *look, PyObject *callback, PyObject *reference,
				const struct removing *removing)
{
	PyObject *const defaults = PyFunction_GetDefaults(callback);
	const Py_ssize_t size = removing->has_keys ? 2 : 1;

	if (defaults == NULL || PyTuple_GET_SIZE(defaults) != size ||
	    PyFunction_GetKwDefaults(callback) != NULL ||
	    !Py_IS_TYPE(PyTuple_GET_ITEM(defaults, 0), &_PyWeakref_RefType))
		return false;
	PyObject *const collection = ((PyWeakReference *)PyTuple_GET_ITEM(defaults, 0))->wr_object;
	if (collection == Py_None)
		return true;
	return is_plain_collection(look, callback, collection, removing) &&
	       (!removing->has_keys || (has_plain_key(look, reference) &&
					callbacks_is_c_function(look, PyTuple_GET_ITEM(defaults, 1),
								"_remove_dead_weakref")));
}

static bool is_removing_from_collection(struct look *look, PyObject *callback, PyObject *reference)
{
	const struct removing known[] = {
		{look->weakref, KNOWN_WEAK_VALUE_REMOVE, &PyDict_Type, true},
		{look->weakref, KNOWN_WEAK_KEY_REMOVE, &PyDict_Type, false},
		{look->weakrefset, KNOWN_WEAK_SET_REMOVE, &PySet_Type, false},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known_code_is(callback, known[i].globals, known[i].code))
			return is_removing_plainly(look, callback, reference, &known[i]);
	return false;
}

/* --- Lib/logging/__init__.py: under a lock, which is in another function up to 3.12 */

static bool is_loggings_own(PyObject *logging, const char *name, enum known_code code)
{
	PyObject *const function = lookup(logging, name);

	return function == NULL || known_code_is(function, logging, code);
}

/* Dead ones are compared by their identity. */
static bool has_references_only(PyObject *list)
{
	if (!PyList_CheckExact(list))
		return false;
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
		if (!Py_IS_TYPE(PyList_GET_ITEM(list, i), &_PyWeakref_RefType))
			return false;
	return true;
}

static bool is_removing_handler(PyObject *logging, PyObject *callback)
{
	PyObject *const lock = logging == NULL ? NULL : lookup(logging, "_lock");
	PyObject *const list = logging == NULL ? NULL : lookup(logging, "_handlerList");

	return lock != NULL && list != NULL && has_references_only(list) &&
	       strcmp(Py_TYPE(lock)->tp_name, "_thread.RLock") == 0 &&
	       known_code_is(callback, logging, KNOWN_LOGGING_REMOVE) &&
	       PyFunction_GetDefaults(callback) == NULL &&
	       PyFunction_GetKwDefaults(callback) == NULL &&
	       is_loggings_own(logging, "_acquireLock", KNOWN_LOGGING_ACQUIRE) &&
	       is_loggings_own(logging, "_releaseLock", KNOWN_LOGGING_RELEASE);
}

bool callbacks_only_remove(struct look *look, PyObject *reference)
{
	PyObject *const callback = ((PyWeakReference *)reference)->wr_callback;

	if (PyCFunction_CheckExact(callback))
		return is_removing_in_c(look, ((PyCFunctionObject *)callback)->m_ml);
	if (PyFunction_Check(callback))
		return is_removing_from_collection(look, callback, reference) ||
		       is_removing_handler(look->logging, callback);
	return is_pythons(look, (void (*)(void))Py_TYPE(callback)->tp_call) &&
	       strcmp(Py_TYPE(callback)->tp_name, "_ctypes.DictRemover") == 0;
}

#endif
