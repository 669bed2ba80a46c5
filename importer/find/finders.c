/* SPDX-License-Identifier: MIT */
#include "importer/find/finders.h"

#include "importer/session.h"

static PyObject *call_finder(PyObject *find_spec, PyObject *name, PyObject *path)
{
	const struct importlib *const importlib = &importer.importlib;
	PyObject *const locked = PyObject_CallNoArgs(importlib->acquire_import_lock);

	if (locked == NULL)
		return NULL;
	Py_DECREF(locked);
	PyObject *const arguments[] = {name, path, Py_None};
	PyObject *const spec = frames_call(SITE_FIND, find_spec, arguments, 3);
	const struct compat_exception raised = compat_take_exception();
	PyObject *const released = PyObject_CallNoArgs(importlib->release_import_lock);
	Py_XDECREF(released);
	PyErr_Clear();
	compat_restore_exception(raised);
	return spec;
}

/*
 * The finder may have imported the module itself; then the spec of what is in sys.modules counts.
 * Steals `spec`.
 */
static PyObject *settle_spec(PyObject *spec, PyObject *name)
{
	PyObject *const module = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);
	PyObject *own;

	if (module == NULL) {
		PyErr_Clear();
		return spec;
	}
	own = PyObject_GetAttr(module, importer.names.dunder_spec);
	if (own == NULL)
		PyErr_Clear();
	if (own == NULL || own == Py_None) {
		Py_XDECREF(own);
		return spec;
	}
	Py_DECREF(spec);
	return own;
}

static enum finders ask_one(PyObject *finder, PyObject *name, PyObject *path, PyObject **spec)
{
	PyObject *const find_spec = PyObject_GetAttr(finder, importer.names.find_spec);

	if (find_spec == NULL) {
		if (!PyErr_ExceptionMatches(PyExc_AttributeError))
			return FINDERS_ERROR;
		PyErr_Clear();
		return FINDERS_UNKNOWN;
	}
	PyObject *const found = call_finder(find_spec, name, path);
	Py_DECREF(find_spec);
	if (found == NULL)
		return FINDERS_ERROR;
	if (found == Py_None) {
		Py_DECREF(found);
		return FINDERS_NOTHING;
	}
	*spec = settle_spec(found, name);
	return FINDERS_FOUND;
}

static bool has_path_finder(PyObject *meta_path, bool as_last)
{
	const Py_ssize_t size = PyList_GET_SIZE(meta_path);

	for (Py_ssize_t i = 0; i < size; i++)
		if (PyList_GET_ITEM(meta_path, i) == importer.importlib.path_finder)
			return !as_last || i == size - 1;
	return false;
}

/* A finder may change the list while it is asked, so the list is walked as a for loop does. */
static enum finders ask_all(PyObject *meta_path, PyObject *name, PyObject *path, PyObject **spec)
{
	const struct importlib *const importlib = &importer.importlib;

	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(meta_path); i++) {
		PyObject *const finder = PyList_GET_ITEM(meta_path, i);
		if (finder == importlib->path_finder)
			return FINDERS_NOTHING;
		if (finder == importlib->builtin_importer || finder == importlib->frozen_importer)
			continue;
		Py_INCREF(finder);
		const enum finders answer = ask_one(finder, name, path, spec);
		Py_DECREF(finder);
		if (answer != FINDERS_NOTHING)
			return answer;
	}
	return FINDERS_UNKNOWN;
}

enum finders finders_ask(PyObject *name, PyObject *path, bool to_the_end, PyObject **spec)
{
	PyObject *const meta_path = importlib_sys(&importer.importlib, importer.names.meta_path);

	*spec = NULL;
	if (meta_path == NULL || !PyList_CheckExact(meta_path) ||
	    !importlib_is_pristine(&importer.importlib) || !has_path_finder(meta_path, to_the_end))
		return FINDERS_UNKNOWN;
	Py_INCREF(meta_path);
	const enum finders answer = ask_all(meta_path, name, path, spec);
	Py_DECREF(meta_path);
	return answer;
}
