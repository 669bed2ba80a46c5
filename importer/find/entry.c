/* SPDX-License-Identifier: MIT */
#include "importer/find/entry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/find/finders.h"
#include "importer/find/foreign_stats.h"
#include "importer/session.h"

/* --- sys.path_hooks */

enum path_hooks entry_path_hooks(void)
{
	struct importlib *const importlib = &stock_importlib;
	PyObject *const hooks = importlib_sys(importlib, identifiers.path_hooks);
	Py_ssize_t i = 0;

	if (hooks == NULL || !PyList_CheckExact(hooks) || importlib->file_finder_hook == NULL)
		return PATH_HOOKS_FOREIGN;
	const Py_ssize_t size = PyList_GET_SIZE(hooks);
	while (i < size && importlib_is_zipimporter(importlib, PyList_GET_ITEM(hooks, i)))
		i++;
	if (i == size || PyList_GET_ITEM(hooks, i) != importlib->file_finder_hook)
		return PATH_HOOKS_FOREIGN;
	for (i++; i < size; i++)
		if (!importlib_is_zipimporter(importlib, PyList_GET_ITEM(hooks, i)))
			return PATH_HOOKS_APPENDED;
	return PATH_HOOKS_PLAIN;
}

/* --- finders */

/* Call what PathFinder calls, from under the frames and the lock that it is called under. */
static PyObject *call(enum site site, PyObject *callable, PyObject *const *arguments, int count,
		      const struct question *question)
{
	if (!question->in_path_finder)
		return finders_call(site, callable, arguments, count);
	return frames_call(site == SITE_ENTRY ? SITE_LENT_ENTRY : SITE_LENT_ENTRY_FIND, callable,
			   arguments, count);
}

/* A new reference to the finder, or None; NULL with an exception set. */
static PyObject *make_finder(PyObject *object, const struct question *question)
{
	return call(SITE_ENTRY, stock_importlib.get_entry_finder, &object, 1, question);
}

static bool has_path(PyObject *finder, const struct path_entry *entry)
{
	PyObject *const path = PyObject_GetAttr(finder, identifiers.path);
	bool same = path == entry->object;

	if (!same && path != NULL && PyUnicode_Check(path)) {
		PyObject *const key =
			PyUnicode_DecodeFSDefaultAndSize(entry->text, (Py_ssize_t)entry->size);
		same = key != NULL && PyUnicode_Compare(path, key) == 0;
		Py_XDECREF(key);
	}
	Py_XDECREF(path);
	return same;
}

static bool has_plain_loaders(PyObject *finder)
{
	PyObject *const loaders = PyObject_GetAttr(finder, identifiers.loaders);
	const bool same =
		loaders != NULL && PyList_CheckExact(loaders) &&
		PyObject_RichCompareBool(loaders, stock_importlib.finder_loaders, Py_EQ) == 1;

	Py_XDECREF(loaders);
	return same;
}

/* Whether it is the function of the class that is called, which no attribute of the finder hides. */
static bool has_plain_function(PyObject *finder)
{
	PyObject *const function = PyDict_GetItemWithError(stock_importlib.file_finder->tp_dict,
							   identifiers.find_spec);
	PyObject *const method = PyObject_GetAttr(finder, identifiers.find_spec);
	const bool same = method != NULL && PyMethod_Check(method) &&
			  PyMethod_GET_SELF(method) == finder &&
			  PyMethod_GET_FUNCTION(method) == function;

	Py_XDECREF(method);
	return same;
}

/* Whether the finder is what importlib's own hook makes of the folder. */
static bool is_plain_finder(PyObject *finder, const struct path_entry *entry)
{
	const bool plain = Py_IS_TYPE(finder, stock_importlib.file_finder) &&
			   has_plain_loaders(finder) && has_path(finder, entry) &&
			   has_plain_function(finder);

	PyErr_Clear();
	return plain;
}

/* The finder that importlib has made for the entry. */
static void look_up_finder(struct path_entry *entry, PyObject *cache)
{
	PyObject *key = entry->object;

	if (entry->cwd != NULL)
		key = PyUnicode_DecodeFSDefaultAndSize(entry->text, (Py_ssize_t)entry->size);
	entry->finder = key == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(cache, key));
	if (entry->cwd != NULL)
		Py_XDECREF(key);
	PyErr_Clear();
}

/* Returns 1, 0 if the entry is none that can be handled here, or -1 with an exception. */
static int set_text(struct path_entry *entry)
{
	PyObject *const object = entry->object;
	Py_ssize_t size;

	if (!PyUnicode_CheckExact(object))
		return 0;
	if (PyUnicode_GET_LENGTH(object) == 0) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): glibc allocates */
		entry->text = entry->cwd = getcwd(NULL, 0);
		if (entry->text == NULL)
			return 0;
		entry->size = strlen(entry->text);
	} else if (PyUnicode_IS_ASCII(object)) {
		entry->text = PyUnicode_AsUTF8AndSize(object, &size);
		entry->size = (size_t)size;
	} else {
		entry->holder = PyUnicode_EncodeFSDefault(object);
		if (entry->holder == NULL)
			return -1;
		entry->text = PyBytes_AS_STRING(entry->holder);
		entry->size = (size_t)PyBytes_GET_SIZE(entry->holder);
	}
	/* Relative entries mean what the working directory was when their finder was made. */
	return entry->text[0] == '/' && memchr(entry->text, '\0', entry->size) == NULL;
}

static enum entry_kind kind_of(const struct path_entry *entry)
{
	if (entry->finder == NULL)
		return ENTRY_FOLDER;
	if (entry->finder == Py_None)
		return ENTRY_NOBODY;
	return is_plain_finder(entry->finder, entry) ? ENTRY_FOLDER : ENTRY_FOREIGN;
}

enum entry_kind entry_open(struct path_entry *entry, PyObject *object, enum path_hooks hooks,
			   const struct question *question)
{
	PyObject *const cache = importlib_sys(&stock_importlib, identifiers.path_importer_cache);

	*entry = (struct path_entry){.object = object};
	if (!PyUnicode_Check(object))
		return ENTRY_NOBODY; /* PathFinder passes over it */
	const int usable = set_text(entry);
	if (usable < 0)
		return ENTRY_ERROR;
	if (usable == 0 || cache == NULL || !PyDict_CheckExact(cache))
		return ENTRY_FOREIGN;
	look_up_finder(entry, cache);
	if (entry->finder == NULL && hooks == PATH_HOOKS_FOREIGN) {
		entry->finder = make_finder(object, question);
		if (entry->finder == NULL)
			return ENTRY_ERROR;
	}
	return kind_of(entry);
}

void entry_close(struct path_entry *entry)
{
	Py_XDECREF(entry->holder);
	Py_XDECREF(entry->finder);
	free(entry->cwd);
}

/* --- questions */

/* Steals what the finder has returned. */
static enum answer judge(PyObject *found, PyObject **spec)
{
	if (found == NULL)
		return ANSWER_ERROR;
	if (found == Py_None) {
		Py_DECREF(found);
		return ANSWER_NOTHING;
	}
	PyObject *const loader = PyObject_GetAttr(found, identifiers.loader);
	if (loader == NULL || loader == Py_None) {
		Py_DECREF(found);
		Py_XDECREF(loader);
		return loader == NULL ? ANSWER_ERROR : ANSWER_PORTION;
	}
	Py_DECREF(loader);
	*spec = found;
	return ANSWER_FOUND;
}

static enum answer ask(PyObject *finder, const struct question *question, PyObject **spec)
{
	PyObject *const arguments[] = {question->name, question->target};
	PyObject *const find_spec = PyObject_GetAttr(finder, identifiers.find_spec);

	if (find_spec == NULL) {
		if (!PyErr_ExceptionMatches(PyExc_AttributeError))
			return ANSWER_ERROR;
		PyErr_Clear();
		return ANSWER_UNKNOWN;
	}
	const enum answer answer =
		judge(call(SITE_ENTRY_FIND, find_spec, arguments, 2, question), spec);
	Py_DECREF(find_spec);
	return answer;
}

enum answer entry_ask(const struct path_entry *entry, const struct question *question,
		      PyObject **spec)
{
	PyObject *const finder = entry->finder != NULL ? Py_NewRef(entry->finder)
						       : make_finder(entry->object, question);
	enum answer answer = ANSWER_NOTHING;

	if (finder == NULL)
		return ANSWER_ERROR;
	if (finder != Py_None)
		answer = ask(finder, question, spec);
	/* What FileFinder finds is found by nobody else. */
	if ((answer == ANSWER_FOUND || answer == ANSWER_UNKNOWN) &&
	    !Py_IS_TYPE(finder, stock_importlib.file_finder))
		foreign_note("path entry finder", finder);
	Py_DECREF(finder);
	return answer;
}
