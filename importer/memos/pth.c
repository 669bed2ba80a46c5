/* SPDX-License-Identifier: MIT */
#include "importer/memos/pth.h"

#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/bundle/memo.h"
#include "importer/cpython/bytecode.h"
#include "importer/find/folder.h"
#include "importer/policy.h"
#include "importer/session.h"

static struct pth_memo {
	struct pyb_memo_view memo;
	PyCFunctionObject *listdir; /* of posix, while it is ours; owned */
	vectorcallfunc stock;       /* what is called by it otherwise */
} pth;

/* --- who asks */

/* site.addsitedir(), new reference or NULL; sets no exception. */
static PyObject *site_function(void)
{
	PyObject *const modules = PyImport_GetModuleDict();
	PyObject *const site = compat_dict_find(modules, "site");

	if (site == NULL || !PyModule_CheckExact(site))
		return NULL;
	PyObject *const function = compat_dict_find(PyModule_GetDict(site), "addsitedir");
	return function != NULL && PyFunction_Check(function) ? Py_NewRef(function) : NULL;
}

/* Only what is frozen into a known interpreter is known to look for .pth files and nothing else. */
static bool is_frozen(PyCodeObject *code)
{
	return COMPAT_KNOWN_SITE &&
	       PyUnicode_CompareWithASCIIString(code->co_filename, "<frozen site>") == 0;
}

static bool is_asked_by_site(void)
{
	PyFrameObject *const frame = PyEval_GetFrame();
	PyObject *const function = frame == NULL ? NULL : site_function();

	if (function == NULL)
		return false;
	PyCodeObject *const code = PyFrame_GetCode(frame);
	const bool same = (PyObject *)code == PyFunction_GET_CODE(function) && is_frozen(code);

	if (same)
		bytecode_hold_call(frame); /* it calls for one folder after the other */
	Py_DECREF(code);
	Py_DECREF(function);
	return same;
}

/* --- what is told */

/* Whether the folder is as the bundle knows it. */
static bool is_unchanged(const char *path, size_t size)
{
	const struct pyb_reader *const reader = &used_bundle.reader;
	struct folder *const folder = folder_get(&seen_folders, reader, path, size, "", 0);

	return folder != NULL &&
	       folder_refresh(folder, reader, false, &session.stats.folders_listed) == 0 &&
	       folder->state == FOLDER_UNCHANGED;
}

static bool find_folder(PyObject *path, struct pyb_site_view *view)
{
	struct pyb_error error = {0};
	struct pyb_bytes value;
	PyObject *const bytes = PyUnicode_EncodeFSDefault(path);
	bool found = false;

	if (bytes == NULL) {
		PyErr_Clear();
		return false;
	}
	const char *const text = PyBytes_AS_STRING(bytes);
	const size_t size = (size_t)PyBytes_GET_SIZE(bytes);
	const struct pyb_memo_key key = {.text = {.data = (const uint8_t *)text, .size = size}};
	if (pth.memo.memo != NULL && memo_find(&pth.memo, &key, &value) &&
	    is_unchanged(text, size)) {
		found = pyb_site_open(&value, view, &error) == PYB_OK;
		if (!found)
			memo_abandon(&pth.memo, error.text);
	}
	Py_DECREF(bytes);
	return found;
}

static PyObject *new_list(const struct pyb_site_view *view)
{
	PyObject *list = PyList_New((Py_ssize_t)view->name_count);
	const char *name = view->names;

	for (uint32_t i = 0; list != NULL && i < view->name_count; i++) {
		PyObject *const text = PyUnicode_DecodeFSDefault(name);
		if (text == NULL)
			Py_CLEAR(list);
		else
			PyList_SET_ITEM(list, (Py_ssize_t)i, text);
		name += strlen(name) + 1;
	}
	return list;
}

/* os.listdir(), of which an audit hook hears as ever. */
static PyObject *list_folder(PyObject *function, PyObject *const *args, size_t count,
			     PyObject *keywords)
{
	struct pyb_site_view view;

	if (PyVectorcall_NARGS(count) != 1 || keywords != NULL || !PyUnicode_CheckExact(args[0]) ||
	    !is_asked_by_site() || !find_folder(args[0], &view))
		return pth.stock(function, args, count, keywords);
	if (PySys_Audit("os.listdir", "O", args[0]) < 0)
		return NULL;
	session.stats.site_folders++;
	return new_list(&view);
}

/* --- from the beginning of the import to its end */

static PyObject *posix_function(const char *name)
{
	PyObject *const posix = compat_dict_find(PyImport_GetModuleDict(), "posix");

	return posix == NULL || !PyModule_CheckExact(posix)
		       ? NULL
		       : compat_dict_find(PyModule_GetDict(posix), name);
}

/*
 * `site` imports `os`, which puts listdir() into a set, and its hash follows from its definition. So
 * what calling it calls is changed, and nothing else. Call sites that the interpreter has specialized
 * go by the definition: that of site is kept from it, others get what stock gives them.
 */
bool pth_begin(PyObject *name)
{
	if (pth.stock != NULL || session.phase != PHASE_READY || !policy_is_on(PYB_POLICY_SITE) ||
	    !PyUnicode_CheckExact(name) || PyUnicode_CompareWithASCIIString(name, "site") != 0)
		return false;
	PyObject *const function = posix_function("listdir");
	if (function == NULL || !PyCFunction_CheckExact(function) ||
	    ((PyCFunctionObject *)function)->vectorcall == NULL)
		return false;
	memo_open(&pth.memo, PYB_SECTION_SITE);
	if (pth.memo.memo == NULL)
		return false;
	pth.listdir = (PyCFunctionObject *)Py_NewRef(function);
	pth.stock = pth.listdir->vectorcall;
	pth.listdir->vectorcall = list_folder;
	return true;
}

/*
 * The stock function is kept, since another thread may be about to call ours. A process that is forked
 * by another thread meanwhile keeps ours too, which hands on whatever site does not ask.
 */
void pth_end(void)
{
	pth.listdir->vectorcall = pth.stock;
	Py_CLEAR(pth.listdir);
}
