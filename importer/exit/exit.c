/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/exit/exit.h"

#include <stdio.h>

#include "importer/cpython/atexit_state.h"
#include "importer/cpython/hidden.h"
#include "importer/exit/leave.h"
#include "importer/policy.h"

static struct leaving {
	enum observable verdict;
	char detail[OBSERVABLE_DETAIL_SIZE];
	PyObject *arguments; /* of atexit.register(): our function; owned */
	bool is_registered;
	bool is_running; /* the functions are called, but the interpreter goes on */
	PyCFunctionWithKeywords stock_register; /* what module atexit calls; the others are ours */
	PyCFunction stock_ncallbacks, stock_clear, stock_run, stock_unregister;
} leaving;

void exit_describe(char *text, size_t size)
{
	switch (leaving.verdict) {
	case OBSERVABLE_UNKNOWN:
		snprintf(text, size, "full");
		break;
	case OBSERVABLE_NOTHING:
		snprintf(text, size, "quick, %s", leave_is_at_once() ? "at once" : "finalized");
		break;
	default:
		snprintf(text, size, "full, because of %s%s%s", observable_name(leaving.verdict),
			 leaving.detail[0] == '\0' ? "" : " ", leaving.detail);
	}
}

#if COMPAT_KNOWN_FINALIZATION

/* The function that module atexit calls last; defined below. */
static PyObject last;

/* --- the last function of module atexit, which is the first one that is registered */

static PyObject *call_last(PyObject *self, PyObject *args, PyObject *keywords)
{
	(void)self;
	(void)args;
	(void)keywords;
	if (!leaving.is_running) {
		/* It is not to be counted while objects are destroyed. */
		leaving.is_registered = false;
		leaving.verdict = leave_quickly(&last, leaving.detail);
	}
	return Py_NewRef(Py_None);
}

/* It is equal to no function that a program asks module atexit to forget. */
static PyObject *compare(PyObject *self, PyObject *other, int operation)
{
	return PyBool_FromLong((self == other) == (operation == Py_EQ));
}

static PyTypeObject last_type = {
	.ob_base = {PyObject_HEAD_INIT(NULL) 0},
	.tp_name = "builtin_function_or_method",
	.tp_basicsize = sizeof(PyObject),
	.tp_flags = Py_TPFLAGS_DEFAULT,
	.tp_call = call_last,
	.tp_richcompare = compare,
	.tp_hash = PyObject_HashNotImplemented,
};

static PyObject last = {.ob_refcnt = 1, .ob_type = &last_type};

static bool is_ours(void)
{
	return leaving.is_registered && PyInterpreterState_Get() == PyInterpreterState_Main();
}

static void register_last(PyObject *module)
{
	PyObject *const result = leaving.stock_register(module, leaving.arguments, NULL);

	leaving.is_registered = result != NULL;
	if (result != NULL)
		atexit_state_hide_first();
	if (result == NULL)
		PyErr_Clear();
	Py_XDECREF(result);
}

/* The functions of module atexit that tell how many there are, or take all away. */

static PyObject *ncallbacks(PyObject *module, PyObject *unused)
{
	PyObject *const count = leaving.stock_ncallbacks(module, unused);

	if (count == NULL || !is_ours())
		return count;
	PyObject *const others = PyLong_FromLong(PyLong_AsLong(count) - 1);
	Py_DECREF(count);
	return others;
}

static PyObject *clear(PyObject *module, PyObject *unused)
{
	const bool again = is_ours();
	PyObject *const result = leaving.stock_clear(module, unused);

	if (again && result != NULL)
		register_last(module);
	return result;
}

static PyObject *run(PyObject *module, PyObject *unused)
{
	const bool again = is_ours();
	const bool was_running = leaving.is_running;

	leaving.is_running = was_running || again;
	PyObject *const result = leaving.stock_run(module, unused);
	leaving.is_running = was_running;
	if (again)
		register_last(module);
	return result;
}

#if COMPAT_ATEXIT_HAS_LIST
/*
 * What is to be forgotten is compared with each function, by its own notion of being equal: not with ours,
 * which is not there meanwhile for what such a comparison may ask or do.
 */
static PyObject *unregister(PyObject *module, PyObject *function)
{
	PyObject *const ours = is_ours() ? atexit_state_take_first(&last) : NULL;

	if (ours != NULL)
		leaving.is_registered = false;
	PyObject *const result = leaving.stock_unregister(module, function);
	if (ours != NULL) {
		const struct compat_exception raised = compat_take_exception();
		leaving.is_registered = atexit_state_put_first(ours);
		compat_restore_exception(raised);
		Py_DECREF(ours);
	}
	return result;
}

static bool replace_unregister(PyMethodDef *methods)
{
	return internals_replace(methods, "unregister", METH_O, unregister,
				 &leaving.stock_unregister);
}
#else
/* Ours is asked whether it is equal to the one that is to be forgotten. */
static bool replace_unregister(PyMethodDef *methods)
{
	(void)methods;
	return true;
}
#endif

static bool prepare_module(PyMethodDef *methods)
{
	PyCFunction function;

	if (!internals_replace(methods, "register", METH_VARARGS | METH_KEYWORDS, NULL, &function))
		return false;
	leaving.stock_register = (PyCFunctionWithKeywords)(void (*)(void))function;
	return replace_unregister(methods) &&
	       internals_replace(methods, "_ncallbacks", METH_NOARGS, ncallbacks,
				 &leaving.stock_ncallbacks) &&
	       internals_replace(methods, "_clear", METH_NOARGS, clear, &leaving.stock_clear) &&
	       internals_replace(methods, "_run_exitfuncs", METH_NOARGS, run, &leaving.stock_run);
}

void exit_init(void)
{
	PyMethodDef *methods;

	if (!policy_is_on(PYB_POLICY_QUICK_EXIT) ||
	    PyInterpreterState_Get() != PyInterpreterState_Main() || internals_find_gc() == NULL)
		return;
	methods = internals_builtin_methods("atexit");
	if (hidden_type_ready(&last_type) != 0 || !prepare_module(methods)) {
		PyErr_Clear();
		return;
	}
	leaving.arguments = PyTuple_Pack(1, &last);
	hidden_object(leaving.arguments);
	if (leaving.arguments != NULL)
		register_last(NULL);
	PyErr_Clear();
}

#else

void exit_init(void)
{
}

#endif
