/* SPDX-License-Identifier: MIT */
#include "importer/cpython/hidden_arguments.h"

#include <stdio.h>

#include "importer/cpython/dict_contents.h"

static const char *const hidden_names[] = {"argv", "orig_argv"};

enum { HIDDEN = sizeof(hidden_names) / sizeof(hidden_names[0]), REASON_SIZE = 400 };

static struct {
	PyObject *before; /* what `sys` had; owned as what follows, NULL: they are not hidden */
	PyObject *name;   /* "__getattr__", an object that nobody else has */
	PyObject *function;
	PyObject *asking; /* the name of the module whose code has asked, or NULL */
} hidden;

static char reason[REASON_SIZE];

/* --- hiding */

static PyObject *dictionary_of_sys(void)
{
	PyObject *const sys = PyImport_AddModule("sys");

	return sys == NULL ? NULL : PyModule_GetDict(sys);
}

static PyObject *answer(PyObject *kept, PyObject *name)
{
	PyObject *const value = PyDict_GetItemWithError(kept, name);
	PyObject *const names = PyEval_GetGlobals();

	if (value == NULL) {
		if (!PyErr_Occurred())
			PyErr_Format(PyExc_AttributeError, "module 'sys' has no attribute %R",
				     name);
		return NULL;
	}
	if (hidden.asking == NULL)
		hidden.asking = Py_XNewRef(names == NULL ? Py_None
							 : PyDict_GetItemString(names, "__name__"));
	return Py_NewRef(value);
}

static PyMethodDef answer_method = {"__getattr__", answer, METH_O, NULL};

static bool hide(PyObject *sys, PyObject *kept)
{
	hidden.name = PyUnicode_FromString(answer_method.ml_name);
	hidden.function = PyCFunction_New(&answer_method, kept);
	bool is_done = hidden.name != NULL && hidden.function != NULL &&
		       PyDict_SetItem(sys, hidden.name, hidden.function) == 0;

	for (size_t i = 0; i < HIDDEN && is_done; i++) {
		PyObject *const value = PyDict_GetItemString(sys, hidden_names[i]);
		is_done = value != NULL &&
			  PyDict_SetItemString(kept, hidden_names[i], value) == 0 &&
			  PyDict_DelItemString(sys, hidden_names[i]) == 0;
	}
	return is_done;
}

bool hidden_arguments_begin(void)
{
	if (hidden.before != NULL)
		return true;
	PyObject *const sys = dictionary_of_sys();
	PyObject *const kept = sys == NULL ? NULL : PyDict_New();

	hidden.before = kept == NULL ? NULL : PyDict_Copy(sys);
	const bool is_done = hidden.before != NULL && hide(sys, kept);
	Py_XDECREF(kept);
	return is_done;
}

/* --- showing them again */

/* Whether somebody has put others in their place, or ours away. */
static bool are_hidden(PyObject *sys)
{
	for (size_t i = 0; i < HIDDEN; i++)
		if (PyDict_GetItemString(sys, hidden_names[i]) != NULL)
			return false;
	return PyDict_GetItemWithError(sys, hidden.name) == hidden.function;
}

/* Whether somebody keeps what `sys` had meanwhile: dir(sys), a copy of its dictionary. */
static bool are_kept(void)
{
	return Py_REFCNT(hidden.name) > 1 || Py_REFCNT(hidden.function) > 1;
}

static bool is_hidden_name(PyObject *key)
{
	for (size_t i = 0; i < HIDDEN; i++)
		if (PyUnicode_CompareWithASCIIString(key, hidden_names[i]) == 0)
			return true;
	return false;
}

/* What sys has now, in the order that it had, and what is hidden; behind it what has come. NULL on failure. */
static PyObject *arrange(PyObject *sys)
{
	PyObject *const arranged = PyDict_New();
	bool is_done = arranged != NULL && PyDict_DelItem(sys, hidden.name) == 0;
	PyObject *key, *value;
	Py_ssize_t at = 0;

	while (is_done && PyDict_Next(hidden.before, &at, &key, &value)) {
		PyObject *const now =
			is_hidden_name(key) ? value : PyDict_GetItemWithError(sys, key);
		if (now != NULL)
			is_done = PyDict_SetItem(arranged, key, now) == 0;
	}
	if (is_done && PyDict_Merge(arranged, sys, 0) == 0)
		return arranged;
	Py_XDECREF(arranged);
	return NULL;
}

static bool show(PyObject *sys)
{
	PyObject *const arranged = arrange(sys);
	const bool is_done = arranged != NULL && dict_set_contents(sys, arranged);

	Py_XDECREF(arranged);
	PyErr_Clear();
	return is_done;
}

static const char *name_asking(void)
{
	const char *const name =
		PyUnicode_Check(hidden.asking) ? PyUnicode_AsUTF8(hidden.asking) : NULL;

	snprintf(reason, sizeof(reason), "%s asks for sys.argv when it is imported",
		 name == NULL ? "somebody" : name);
	PyErr_Clear();
	return reason;
}

const char *hidden_arguments_end(void)
{
	if (hidden.before == NULL)
		return NULL;
	PyObject *const sys = dictionary_of_sys();
	const char *why_not = NULL;

	if (hidden.asking != NULL)
		why_not = name_asking();
	else if (sys == NULL || !are_hidden(sys))
		why_not = "a module changes sys.argv when it is imported";
	else if (!show(sys))
		why_not = "out of memory";
	else if (are_kept())
		why_not = "somebody keeps what is in module sys";
	Py_CLEAR(hidden.before);
	Py_CLEAR(hidden.name);
	Py_CLEAR(hidden.function);
	Py_CLEAR(hidden.asking);
	return why_not;
}
