/* SPDX-License-Identifier: MIT */
/* See Python/bltinmodule.c, builtin_exec(), and Objects/methodobject.c, cfunction_enter_call(). */
#include "importer/cpython/builtin_exec.h"

#include <stdbool.h>

#include "importer/cpython/identifiers.h"

/* Calls exec() as the interpreter does. */
static vectorcallfunc stock;

/* Code that needs no closure; exec() has further ways for all else. */
static bool is_plain(PyObject *const *args, size_t count, PyObject *keywords)
{
	return keywords == NULL && PyVectorcall_NARGS(count) == 2 && PyCode_Check(args[0]) &&
	       PyCode_GetNumFree((PyCodeObject *)args[0]) == 0 && PyDict_Check(args[1]);
}

/* Not inlined: what it has on the C stack is not to stay there while the code runs. */
__attribute__((noinline)) static int prepare(PyObject *code, PyObject *globals)
{
	const int there = PyDict_Contains(globals, identifiers.dunder_builtins);

	if (there < 0 || (there == 0 && PyDict_SetItem(globals, identifiers.dunder_builtins,
						       PyEval_GetBuiltins()) != 0))
		return -1;
	return PySys_Audit("exec", "O", code);
}

/* What the code returns is dropped. */
__attribute__((noinline)) static PyObject *end(PyObject *result)
{
	Py_LeaveRecursiveCall();
	if (result == NULL)
		return NULL;
	Py_DECREF(result);
	Py_RETURN_NONE;
}

__attribute__((noinline)) static PyObject *run(PyObject *code, PyObject *globals)
{
	return end(PyEval_EvalCode(code, globals, globals));
}

static PyObject *call_exec(PyObject *function, PyObject *const *args, size_t count,
			   PyObject *keywords)
{
	if (!is_plain(args, count, keywords))
		return stock(function, args, count, keywords);
	if (Py_EnterRecursiveCall(" while calling a Python object") != 0)
		return NULL;
	if (prepare(args[0], args[1]) != 0)
		return end(NULL);
	return run(args[0], args[1]);
}

void builtin_exec_init(PyObject *builtins)
{
	PyObject *const object = PyDict_GetItemWithError(builtins, identifiers.exec);
	PyCFunctionObject *const function = (PyCFunctionObject *)object;

	PyErr_Clear();
	if (!COMPAT_KNOWN_COMPILING || object == NULL || !PyCFunction_CheckExact(object) ||
	    function->m_ml->ml_flags != (METH_FASTCALL | METH_KEYWORDS) ||
	    function->vectorcall == NULL || function->vectorcall == call_exec)
		return;
	stock = function->vectorcall;
	function->vectorcall = call_exec;
}
