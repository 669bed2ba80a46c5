/* SPDX-License-Identifier: MIT */
#include "importer/find/finders.h"

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/find/foreign_stats.h"
#include "importer/session.h"

PyObject *finders_call(enum site site, PyObject *callable, PyObject *const *arguments, int count)
{
	const struct importlib *const importlib = &stock_importlib;
	PyObject *const locked = PyObject_CallNoArgs(importlib->acquire_import_lock);

	if (locked == NULL)
		return NULL;
	Py_DECREF(locked);
	PyObject *const result = frames_call(site, callable, arguments, count);
	const struct compat_exception raised = compat_take_exception();
	PyObject *const released = PyObject_CallNoArgs(importlib->release_import_lock);
	Py_XDECREF(released);
	PyErr_Clear();
	compat_restore_exception(raised);
	return result;
}

PyObject *finders_settle_spec(PyObject *spec, PyObject *name)
{
	PyObject *const module =
		Py_XNewRef(PyDict_GetItemWithError(PyImport_GetModuleDict(), name));
	PyObject *own = NULL;

	if (module != NULL)
		own = PyObject_GetAttr(module, identifiers.dunder_spec);
	Py_XDECREF(module);
	if (own == NULL && PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
		Py_DECREF(spec);
		return NULL;
	}
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
	PyObject *const arguments[] = {name, path, Py_None};
	PyObject *const find_spec = PyObject_GetAttr(finder, identifiers.find_spec);

	if (find_spec == NULL) {
		if (!PyErr_ExceptionMatches(PyExc_AttributeError))
			return FINDERS_ERROR;
		PyErr_Clear();
		return FINDERS_UNKNOWN;
	}
	PyObject *const found = finders_call(SITE_FIND, find_spec, arguments, 3);
	Py_DECREF(find_spec);
	if (found == NULL)
		return FINDERS_ERROR;
	if (found == Py_None) {
		Py_DECREF(found);
		return FINDERS_NOTHING;
	}
	if (finder != stock_importlib.path_finder)
		foreign_note("meta path finder", finder);
	*spec = finders_settle_spec(found, name);
	return *spec == NULL ? FINDERS_ERROR : FINDERS_FOUND;
}

/* Where the path finder is in sys.meta_path; -1 if it is not there. */
static Py_ssize_t path_finder_index(PyObject *meta_path)
{
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(meta_path); i++)
		if (PyList_GET_ITEM(meta_path, i) == stock_importlib.path_finder)
			return i;
	return -1;
}

/* Name whom importlib asks in the path finder's place. */
static void note_others(PyObject *meta_path)
{
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(meta_path); i++) {
		PyObject *const finder = PyList_GET_ITEM(meta_path, i);
		if (!importlib_is_stock_finder(&stock_importlib, finder))
			foreign_note("meta path finder", finder);
	}
}

PyObject *finders_walk(void)
{
	PyObject *const meta_path = importlib_sys(&stock_importlib, identifiers.meta_path);

	if (meta_path == NULL || !PyList_CheckExact(meta_path))
		return NULL;
	if (path_finder_index(meta_path) < 0) {
		note_others(meta_path);
		return NULL;
	}
	return COMPAT_COPIES_META_PATH ? PyList_GetSlice(meta_path, 0, PyList_GET_SIZE(meta_path))
				       : Py_NewRef(meta_path);
}

enum finders finders_ask_before(PyObject *meta_path, PyObject *name, PyObject *path,
				PyObject **spec, bool *asked)
{
	struct importlib *const importlib = &stock_importlib;
	enum finders answer = FINDERS_NOTHING;

	*asked = false;
	/* A finder may change the list while it is asked, so the list is walked as a for loop does. */
	for (Py_ssize_t i = 0; answer == FINDERS_NOTHING; i++) {
		if (i >= PyList_GET_SIZE(meta_path))
			return FINDERS_UNKNOWN;
		PyObject *const finder = PyList_GET_ITEM(meta_path, i);
		if (finder == importlib->path_finder)
			break;
		if (importlib_is_stock_finder(importlib, finder))
			continue;
		*asked = true;
		Py_INCREF(finder);
		answer = ask_one(finder, name, path, spec);
		Py_DECREF(finder);
	}
	return answer;
}

enum finders finders_ask_behind(PyObject *meta_path, PyObject *name, PyObject *path,
				bool with_path_finder, PyObject **spec)
{
	const Py_ssize_t index = path_finder_index(meta_path);
	enum finders answer = FINDERS_NOTHING;

	if (index < 0)
		return FINDERS_UNKNOWN;
	for (Py_ssize_t i = index + (with_path_finder ? 0 : 1);
	     i < PyList_GET_SIZE(meta_path) && answer == FINDERS_NOTHING; i++) {
		PyObject *const finder = PyList_GET_ITEM(meta_path, i);
		if (importlib_is_stock_finder(&stock_importlib, finder))
			continue;
		Py_INCREF(finder);
		answer = ask_one(finder, name, path, spec);
		Py_DECREF(finder);
	}
	return answer;
}
