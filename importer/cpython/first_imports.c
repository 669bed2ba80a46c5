/* SPDX-License-Identifier: MIT */
#include "importer/cpython/first_imports.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "importer/cpython/dict_contents.h"
#include "importer/cpython/first_code.h"
#include "importer/cpython/hidden_arguments.h"
#include "lib/trace_mark.h"

enum { REASON_SIZE = 400 };

static char reason[REASON_SIZE];

/* --- telling why not */

static const char *refuse(const char *what)
{
	PyErr_Clear();
	return what;
}

static const char *refuse_with_exception(const char *script)
{
	const struct compat_exception raised = compat_take_exception();
	PyObject *const text = raised.value == NULL ? NULL : PyObject_Str(raised.value);
	const char *const words = text == NULL ? NULL : PyUnicode_AsUTF8(text);

	snprintf(reason, sizeof(reason), "the first imports of %s cannot be executed: %s", script,
		 words == NULL ? "out of memory" : words);
	PyErr_Clear();
	Py_XDECREF(text);
	Py_XDECREF(raised.type);
	Py_XDECREF(raised.value);
	Py_XDECREF(raised.traceback);
	return reason;
}

/* --- the folder of the script */

/*
 * Python/pathconfig.c: _PyPathConfig_ComputeSysPath0(). Each start looks for links on the way to its script anew;
 * what is looked at here would be taken for the times of the folders on that way.
 */
static PyObject *new_folder(const char *script)
{
	char path[PATH_MAX];

	prctl(TRACE_MARK, TRACE_MARK_BODY + TRACE_BODY_PATH);
	const char *const found = realpath(script, path);
	prctl(TRACE_MARK, TRACE_MARK_BODY);
	if (found == NULL)
		return PyErr_SetFromErrnoWithFilename(PyExc_OSError, script);
	return PyUnicode_DecodeFSDefault(dirname(path));
}

/* -P, PYTHONSAFEPATH: then it is not on sys.path. */
static bool is_folder_left_out(void)
{
	PyObject *const flags = PySys_GetObject("flags");
	PyObject *const flag = flags == NULL ? NULL : PyObject_GetAttrString(flags, "safe_path");
	const bool is_left_out = flag == NULL || PyObject_IsTrue(flag) != 0;

	Py_XDECREF(flag);
	PyErr_Clear();
	return is_left_out;
}

/* --- __main__, as a script finds it */

static bool set_loader(PyObject *names, PyObject *file)
{
	PyObject *const external = PyImport_ImportModule("_frozen_importlib_external");
	PyObject *const loader =
		external == NULL
			? NULL
			: PyObject_CallMethod(external, "SourceFileLoader", "sO", "__main__", file);
	const bool is_done =
		loader != NULL && PyDict_SetItemString(names, "__loader__", loader) == 0;

	Py_XDECREF(external);
	Py_XDECREF(loader);
	return is_done;
}

static bool begin_main(PyObject *names, PyObject *file)
{
	if (PyDict_SetItemString(names, "__file__", file) != 0)
		return false;
	if (COMPAT_SETS_DUNDER_CACHED && PyDict_SetItemString(names, "__cached__", Py_None) != 0)
		return false;
	return set_loader(names, file);
}

/* Whether all that is there was there, or is what the script and its start bind. */
static bool is_expected(PyObject *names, PyObject *copy, PyCodeObject *code)
{
	PyObject *key, *value;
	Py_ssize_t at = 0;

	while (PyDict_Next(names, &at, &key, &value)) {
		if (PyUnicode_CompareWithASCIIString(key, "__file__") == 0 ||
		    PyUnicode_CompareWithASCIIString(key, "__cached__") == 0 ||
		    PyUnicode_CompareWithASCIIString(key, "__loader__") == 0 ||
		    PySequence_Contains(code->co_names, key) == 1)
			continue;
		if (PyDict_GetItemWithError(copy, key) != value)
			return false;
	}
	return true;
}

/* --- all of it */

struct start {
	PyObject *file; /* owned, as what follows */
	PyObject *code, *folder;
	PyObject *main_copy;
	PyObject *main; /* dictionary, borrowed */
	PyObject *path; /* sys.path, borrowed */
};

static bool prepare(struct start *start, const char *script)
{
	PyObject *const main = PyImport_AddModule("__main__");

	*start = (struct start){.file = PyUnicode_DecodeFSDefault(script)};
	if (start->file == NULL || main == NULL)
		return false;
	start->main = PyModule_GetDict(main);
	start->path = PySys_GetObject("path");
	start->code = first_code_of(script, start->file);
	start->folder = start->code == NULL ? NULL : new_folder(script);
	start->main_copy = PyDict_Copy(start->main);
	return start->folder != NULL && start->main_copy != NULL;
}

static void release(const struct start *start)
{
	Py_XDECREF(start->file);
	Py_XDECREF(start->code);
	Py_XDECREF(start->folder);
	Py_XDECREF(start->main_copy);
}

static bool put_on_path(const struct start *start)
{
	PyObject *const finder = PyImport_GetImporter(start->file);
	const bool is_done = finder != NULL && start->path != NULL &&
			     PyList_Insert(start->path, 0, start->folder) == 0;

	Py_XDECREF(finder);
	return is_done;
}

static bool take_off_path(const struct start *start)
{
	return PyList_GET_SIZE(start->path) > 0 &&
	       PyList_GET_ITEM(start->path, 0) == start->folder &&
	       PyList_SetSlice(start->path, 0, 1, NULL) == 0;
}

static bool execute(const struct start *start)
{
	PyObject *const result = PyEval_EvalCode(start->code, start->main, start->main);

	Py_XDECREF(result);
	return result != NULL;
}

static const char *refuse_to_repeat(PyObject *module, PyObject *name)
{
	if (module == NULL || name == NULL)
		return refuse("out of memory");
	snprintf(reason, sizeof(reason), "module %s makes %s when it is asked for",
		 PyUnicode_AsUTF8(module), PyUnicode_AsUTF8(name));
	PyErr_Clear();
	return reason;
}

static const char *take_back(const struct start *start)
{
	PyObject *module, *name;

	const char *const who_asked = hidden_arguments_end();
	if (who_asked != NULL)
		return who_asked;
	if (!is_expected(start->main, start->main_copy, (PyCodeObject *)start->code))
		return refuse("a module changes what is in __main__ when it is imported");
	if (!first_code_is_repeatable(start->code, &module, &name))
		return refuse_to_repeat(module, name);
	if (!dict_set_contents(start->main, start->main_copy))
		return refuse("out of memory");
	return NULL;
}

static const char *run(const struct start *start, const char *script, bool is_on_path)
{
	if (!is_on_path && !put_on_path(start))
		return refuse_with_exception(script);
	if (!hidden_arguments_begin() || !begin_main(start->main, start->file) || !execute(start))
		return refuse_with_exception(script);
	const char *const why_not = take_back(start);
	if (why_not != NULL)
		return why_not;
	if (!is_on_path && !take_off_path(start))
		return refuse("a module changes sys.path when it is imported");
	return NULL;
}

const char *first_imports_do(const char *script, bool is_on_path)
{
	struct start start;
	if (PY_VERSION_HEX >= 0x030f0000)
		return refuse("of this version of Python it is not known how its code imports");
	if (is_folder_left_out())
		return refuse("the folder of the script is not on sys.path (PYTHONSAFEPATH)");
	const char *const why_not = prepare(&start, script) ? run(&start, script, is_on_path)
							    : refuse_with_exception(script);

	release(&start);
	return why_not;
}
