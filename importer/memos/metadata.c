/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memos/metadata.h"

#include <fcntl.h>
#include <string.h>

#include "importer/bundle/memo.h"
#include "importer/cpython/importlib.h"
#include "importer/cpython/intercept.h"
#include "importer/memos/distribution.h"
#include "importer/memos/witnesses.h"
#include "importer/policy.h"
#include "importer/session.h"

static const char module_name[] = "pkg_resources";

static struct metadata {
	struct pyb_memo_view memo;
	const void *import;         /* of the module, while it is under way */
	PyCFunctionObject *listdir; /* of posix, until the module calls it first; owned */
	vectorcallfunc stock;       /* what is called by it otherwise */
	struct intercepted make;    /* distributions_from_metadata(), when it has been called */
	PyObject *globals;          /* of the module, as long; owned */
	struct witnesses witnesses;
	Py_ssize_t module_count; /* in sys.modules when they were last looked at */
	PyObject *path;          /* that was asked for last; owned */
} metadata;

/* --- pkg_resources.distributions_from_metadata(path) */

static bool find_distribution(PyObject *path, struct pyb_distribution_view *view)
{
	struct pyb_error error = {0};
	struct pyb_bytes value;
	const struct pyb_memo_key key = {
		.text = {.data = PyUnicode_DATA(path), .size = (size_t)PyUnicode_GET_LENGTH(path)},
		.qualifier = PYB_METADATA_DISTRIBUTION};

	if (!memo_find(&metadata.memo, &key, &value))
		return false;
	if (pyb_distribution_open(&value, view, &error) == PYB_OK)
		return true;
	memo_abandon(&metadata.memo, error.text);
	return false;
}

/*
 * Audit hooks that were added in C hear of what stock would read. (Those of Python would find that the
 * frames are not stock's: nothing is done when there are any.)
 */
static int announce(const struct pyb_distribution_view *view, PyObject *path, bool is_folder)
{
	PyObject *file;
	int result;

	if (is_folder && PySys_Audit("os.listdir", "O", path) != 0)
		return -1;
	if (is_folder && view->files[1].inode == 0)
		return 0;
	file = is_folder ? PyUnicode_FromFormat("%U/PKG-INFO", path) : Py_NewRef(path);
	if (file == NULL)
		return -1;
	result = PySys_Audit("open", "Osi", file, "r", O_RDONLY | O_CLOEXEC);
	Py_DECREF(file);
	return result;
}

/* What stock's generator is to its caller: something to iterate over. */
static PyObject *iterate_over(PyObject *object)
{
	PyObject *const tuple = object == NULL ? NULL : PyTuple_Pack(1, object);
	PyObject *const iterator = tuple == NULL ? NULL : PyObject_GetIter(tuple);

	Py_XDECREF(object);
	Py_XDECREF(tuple);
	return iterator;
}

/* NULL, without an exception if stock is to do it. */
static PyObject *serve(PyObject *path)
{
	struct pyb_distribution_view view;
	bool is_folder;

	if (!find_distribution(path, &view) ||
	    !distribution_is_untouched(&view, PyUnicode_DATA(path), &is_folder) ||
	    announce(&view, path, is_folder) != 0)
		return NULL;
	PyObject *const found = iterate_over(distribution_make(&view, path, metadata.globals));
	if (found == NULL)
		PyErr_Clear();
	else
		session.stats.distributions++;
	return found;
}

/* The caller is the module's own, which does no more with the generator than to iterate over it. */
static bool is_asked_by_finder(void)
{
	PyFrameObject *const frame = PyEval_GetFrame();
	PyObject *const finder = compat_dict_find(metadata.globals, "find_on_path");

	if (frame == NULL || finder == NULL || !PyFunction_Check(finder))
		return false;
	PyCodeObject *const code = PyFrame_GetCode(frame);
	const PyCodeObject *const own = (PyCodeObject *)metadata.make.code;
	const bool same = (PyObject *)code == PyFunction_GET_CODE(finder) &&
			  PyUnicode_Compare(code->co_filename, own->co_filename) == 0;

	Py_DECREF(code);
	return same;
}

/* The part of a path up to its last slash. */
static Py_ssize_t folder_size(PyObject *path)
{
	const char *const text = PyUnicode_DATA(path);
	const char *const slash = strrchr(text, '/');

	return slash == NULL ? 0 : slash - text;
}

static bool is_of_same_folder(PyObject *path, PyObject *other)
{
	const Py_ssize_t size = folder_size(path);

	return other != NULL && folder_size(other) == size &&
	       memcmp(PyUnicode_DATA(path), PyUnicode_DATA(other), (size_t)size) == 0;
}

/*
 * Between two distributions of a folder only the module's own code runs, and what it imports. So what
 * all depends on is looked at for each folder, and after imports.
 */
static bool do_witnesses_hold(PyObject *path)
{
	const Py_ssize_t module_count = PyDict_GET_SIZE(PyImport_GetModuleDict());
	const bool is_known =
		module_count == metadata.module_count && is_of_same_folder(path, metadata.path);

	Py_XSETREF(metadata.path, Py_NewRef(path));
	metadata.module_count = module_count;
	if (is_known || witnesses_hold(&metadata.witnesses))
		return true;
	metadata.memo = (struct pyb_memo_view){0};
	return false;
}

/* ASCII, which every file system encoding has in common. */
static bool is_plain(PyObject *path)
{
	return PyUnicode_CheckExact(path) && PyUnicode_READY(path) == 0 &&
	       PyUnicode_IS_ASCII(path) &&
	       strlen(PyUnicode_DATA(path)) == (size_t)PyUnicode_GET_LENGTH(path);
}

static PyObject *make(PyObject *function, PyObject *const *args, size_t count, PyObject *keywords)
{
	PyObject *found = NULL;

	(void)function;
	if (metadata.import != NULL && metadata.memo.memo != NULL && keywords == NULL &&
	    PyVectorcall_NARGS(count) == 1 && is_plain(args[0]) &&
	    intercept_applies(&metadata.make) && !internals_is_audited() && is_asked_by_finder() &&
	    do_witnesses_hold(args[0]))
		found = serve(args[0]);
	if (found != NULL || PyErr_Occurred())
		return found;
	return intercept_pass(&metadata.make, args, count, keywords);
}

/* --- beginning */

static bool do_witnesses_begin(void)
{
	struct pyb_bytes value;
	const struct pyb_memo_key key = {
		.text = {.data = (const uint8_t *)module_name, .size = strlen(module_name)},
		.qualifier = PYB_METADATA_WITNESSES};

	return memo_find(&metadata.memo, &key, &value) &&
	       witnesses_begin(&metadata.witnesses, &value);
}

/* The module calls os.listdir() for the first time: all that is needed is there. */
static void begin(PyObject *module)
{
	PyObject *const function =
		compat_dict_find(PyModule_GetDict(module), "distributions_from_metadata");

	if (function == NULL || !PyFunction_Check(function) || !do_witnesses_begin())
		return;
	if (intercept(&metadata.make, function, make) != 0) {
		PyErr_Clear();
		witnesses_end(&metadata.witnesses);
		return;
	}
	metadata.globals = Py_NewRef(PyModule_GetDict(module));
}

static void give_back_listdir(void)
{
	metadata.listdir->vectorcall = metadata.stock;
	Py_CLEAR(metadata.listdir);
}

/* The module whose function calls; borrowed, or NULL. */
static PyObject *calling_module(void)
{
	PyFrameObject *const frame = PyEval_GetFrame();
	PyObject *const module = compat_dict_find(PyImport_GetModuleDict(), module_name);

	if (frame == NULL || module == NULL || !PyModule_CheckExact(module))
		return NULL;
	PyObject *const globals = PyFrame_GetGlobals(frame);
	const bool same = globals == PyModule_GetDict(module);

	Py_DECREF(globals);
	return same ? module : NULL;
}

static PyObject *list_folder(PyObject *function, PyObject *const *args, size_t count,
			     PyObject *keywords)
{
	const vectorcallfunc stock = metadata.stock;
	PyObject *const module = metadata.listdir == NULL ? NULL : calling_module();

	if (module != NULL) {
		give_back_listdir();
		begin(module);
	}
	return stock(function, args, count, keywords);
}

/* posix.listdir(), which the program may have under any name; borrowed, or NULL. */
static PyCFunctionObject *find_listdir(void)
{
	PyObject *const posix = compat_dict_find(PyImport_GetModuleDict(), "posix");
	PyObject *const function = posix == NULL || !PyModule_CheckExact(posix)
					   ? NULL
					   : compat_dict_find(PyModule_GetDict(posix), "listdir");

	return function != NULL && PyCFunction_CheckExact(function) &&
			       ((PyCFunctionObject *)function)->vectorcall != NULL
		       ? (PyCFunctionObject *)function
		       : NULL;
}

void metadata_begin(const void *import, PyObject *name)
{
	if (!COMPAT_KNOWN_METADATA || metadata.import != NULL ||
	    !policy_is_on(PYB_POLICY_METADATA) ||
	    PyUnicode_CompareWithASCIIString(name, module_name) != 0)
		return;
	PyCFunctionObject *const listdir = find_listdir();
	if (listdir == NULL)
		return;
	memo_open(&metadata.memo, PYB_SECTION_METADATA);
	if (metadata.memo.memo == NULL)
		return;
	metadata.import = import;
	metadata.listdir = (PyCFunctionObject *)Py_NewRef(listdir);
	metadata.stock = listdir->vectorcall;
	listdir->vectorcall = list_folder;
}

void metadata_end(const void *import)
{
	if (metadata.import != import)
		return;
	const struct compat_exception taken = compat_take_exception();

	metadata.import = NULL;
	if (metadata.listdir != NULL)
		give_back_listdir();
	if (metadata.make.function != NULL)
		intercept_end(&metadata.make);
	witnesses_end(&metadata.witnesses);
	Py_CLEAR(metadata.globals);
	Py_CLEAR(metadata.path);
	metadata.memo = (struct pyb_memo_view){0};
	compat_restore_exception(taken);
}
