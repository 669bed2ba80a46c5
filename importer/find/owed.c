/* SPDX-License-Identifier: MIT */
#include "importer/find/owed.h"

#include <string.h>

#include "importer/cpython/hidden.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/find/folder.h"

static struct {
	PyObject *hooks; /* tuple: sys.path_hooks as it was at the last import; owned */
	/*
	 * The first finder that was owed is made at once: as long as it is in the cache, the program has
	 * not cleared that, and importlib would have the others too. It is compared and never used, and
	 * not owned, for it is to go with the others when they are cleared.
	 */
	const PyObject *witness;
	PyObject *witness_key; /* owned */
} owed;

static PyObject *cache(void)
{
	PyObject *const dict = importlib_sys(&stock_importlib, identifiers.path_importer_cache);

	return dict != NULL && PyDict_CheckExact(dict) ? dict : NULL;
}

/* What importlib's hook for folders makes of it; a new reference, or NULL. */
static PyObject *new_finder(PyObject *key)
{
	PyObject *const hook = stock_importlib.file_finder_hook;
	PyObject *const finder = hook == NULL ? NULL : PyObject_CallOneArg(hook, key);

	PyErr_Clear();
	return finder;
}

/* Have the finder read its folder, as it has done if it was ever asked. The name is no module's. */
static void let_look(PyObject *finder)
{
	PyObject *const spec = importlib_is_pristine(&stock_importlib)
				       ? PyObject_CallMethod(finder, "find_spec", "s", " ")
				       : NULL;

	PyErr_Clear();
	Py_XDECREF(spec);
}

static void make_one(PyObject *finders, PyObject *key)
{
	PyObject *const there = PyDict_GetItemWithError(finders, key);
	PyObject *const finder = there == NULL ? new_finder(key) : Py_NewRef(there);

	if (finder == NULL)
		return;
	if (there == NULL || there == owed.witness)
		let_look(finder);
	(void)PyDict_SetDefault(finders, key, finder);
	PyErr_Clear();
	Py_DECREF(finder);
}

static void set_witness(PyObject *finders, PyObject *key)
{
	PyObject *const finder = new_finder(key);

	if (finder == NULL)
		return;
	if (PyDict_SetItem(finders, key, finder) == 0) {
		owed.witness = finder;
		owed.witness_key = Py_NewRef(key);
	}
	PyErr_Clear();
	Py_DECREF(finder);
}

void owed_note(struct folder *folder, PyObject *key)
{
	PyObject *const finders = cache();

	if (folder->owes_finder || finders == NULL)
		return;
	if (folder->state == FOLDER_MISSING) {
		(void)PyDict_SetItem(finders, key, Py_None); /* no hook takes it */
		PyErr_Clear();
		return;
	}
	folder->owes_finder = true;
	/* Not one of sys.path, which are searched again and again: that is faster without. */
	if (owed.witness == NULL && folder->prefix[0] != '\0')
		set_witness(finders, key);
}

/* The program has cleared the cache: importlib would make them anew, and ask the hooks of now. */
static void forget(void)
{
	const struct folder_cache *const folders = &seen_folders;

	for (uint32_t i = 0; i < folders->slot_count; i++)
		if (folders->slots[i] != NULL)
			folders->slots[i]->owes_finder = false;
	Py_CLEAR(owed.witness_key);
	owed.witness = NULL;
}

static bool was_cleared(void)
{
	PyObject *const finders = cache();

	if (owed.witness == NULL)
		return false;
	const bool there = finders != NULL &&
			   PyDict_GetItemWithError(finders, owed.witness_key) == owed.witness;
	PyErr_Clear();
	return !there;
}

/* Folders may be added to the table meanwhile, by what a destructor imports. */
void owed_make(void)
{
	const struct folder_cache *const folders = &seen_folders;
	PyThreadState *const thread = PyThreadState_Get();
	PyObject *const finders = cache();

	if (was_cleared())
		forget();
	PyThreadState_EnterTracing(thread);
	for (uint32_t i = 0; finders != NULL && i < folders->slot_count; i++) {
		struct folder *const folder = folders->slots[i];
		if (folder == NULL || !folder->owes_finder)
			continue;
		folder->owes_finder = false;
		PyObject *const key = PyUnicode_DecodeFSDefault(folder->path);
		if (key != NULL)
			make_one(finders, key);
		PyErr_Clear();
		Py_XDECREF(key);
	}
	PyThreadState_LeaveTracing(thread);
}

static bool are_same(PyObject *hooks)
{
	if (owed.hooks == NULL || PyList_GET_SIZE(hooks) != PyTuple_GET_SIZE(owed.hooks))
		return false;
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks); i++)
		if (PyList_GET_ITEM(hooks, i) != PyTuple_GET_ITEM(owed.hooks, i))
			return false;
	return true;
}

void owed_notice_changes(void)
{
	PyObject *const hooks = importlib_sys(&stock_importlib, identifiers.path_hooks);

	if (was_cleared())
		forget();
	if (hooks == NULL || !PyList_Check(hooks) || are_same(hooks))
		return;
	owed_make();
	Py_XSETREF(owed.hooks, PyList_AsTuple(hooks));
	PyErr_Clear();
	hidden_object(owed.hooks);
}
