/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/exit/exit.h"

#include <dlfcn.h>
#include <stdio.h>

#include "importer/cpython/hidden.h"
#include "importer/policy.h"
#include "importer/session.h"

static struct leaving {
	enum observable verdict;
	char detail[OBSERVABLE_DETAIL_SIZE];
	PyObject *arguments; /* of atexit.register(): our function; owned */
	bool is_registered;
	bool is_running; /* the functions are called, but the interpreter goes on */
	PyCFunctionWithKeywords stock_register; /* what module atexit calls; the others are ours */
	PyCFunction stock_ncallbacks, stock_clear, stock_run;
} leaving;

void exit_describe(char *text, size_t size)
{
	switch (leaving.verdict) {
	case OBSERVABLE_UNKNOWN:
		snprintf(text, size, "full");
		break;
	case OBSERVABLE_NOTHING:
		snprintf(text, size, "quick");
		break;
	default:
		snprintf(text, size, "full, because of %s%s%s", observable_name(leaving.verdict),
			 leaving.detail[0] == '\0' ? "" : " ", leaving.detail);
	}
}

#if COMPAT_KNOWN_FINALIZATION

/* The function that module atexit calls last; defined below. */
static PyObject last;

/* --- what finalization is kept from */

/* References that nobody gives back. */
static bool keep_values(PyObject *dict, const char *const *but)
{
	PyObject *const copy = PyDict_Copy(dict);

	if (copy == NULL)
		return false;
	for (; but != NULL && *but != NULL; but++)
		if (PyDict_DelItemString(copy, *but) != 0)
			PyErr_Clear();
	return true;
}

/* Of the standard streams finalization lets go as ever. */
static bool keep_modules(void)
{
	static const char *const streams[] = {"stdin",      "stdout",     "stderr", "__stdin__",
					      "__stdout__", "__stderr__", NULL};
	PyObject *const modules = PyImport_GetModuleDict();
	PyObject *const sys = PyDict_GetItemString(modules, "sys");
	PyObject *const builtins = PyDict_GetItemString(modules, "builtins");

	if (PyDict_CheckExact(modules) && sys != NULL && PyModule_CheckExact(sys) &&
	    builtins != NULL && PyModule_CheckExact(builtins) && keep_values(modules, NULL) &&
	    keep_values(PyModule_GetDict(sys), streams) &&
	    keep_values(PyModule_GetDict(builtins), NULL))
		return true;
	PyErr_Clear();
	return false;
}

/* What the collector does not look at, it does not destroy either. */
static void keep_objects(internals_gc *gc)
{
	for (int i = 0; i < NUM_GENERATIONS; i++) {
		internals_gc_merge(&gc->generations[i].head, &gc->permanent_generation.head);
		gc->generations[i].count = 0;
	}
}

/* --- the moment behind the flushing of sys.stdout and sys.stderr */

/* As when the stream is destroyed, which one that was replaced might not be any more. */
static void flush(const char *name)
{
	PyObject *const stream = PySys_GetObject(name);
	PyObject *const result = stream == NULL || stream == Py_None
					 ? NULL
					 : PyObject_CallMethod(stream, "flush", NULL);

	Py_XDECREF(result);
	PyErr_Clear();
}

/*
 * What is left of finalization gives back memory: that of static types, of code that is part of the
 * interpreter, of strings. It does so for the main interpreter; so none is called that any more. It
 * also tells those that audit the process in C.
 */
static void skip_static_objects(void)
{
	_PyRuntimeState *const runtime = dlsym(RTLD_DEFAULT, "_PyRuntime");

	if (runtime != NULL && runtime->interpreters.main == PyInterpreterState_Main() &&
	    runtime->interpreters.head == PyInterpreterState_Head() &&
	    runtime->audit_hook_head == NULL)
		runtime->interpreters.main = NULL;
}

static void finalize_sentinel(PyObject *self)
{
	(void)self;
	flush("__stdout__");
	flush("__stderr__");
	PyDict_Clear(PyImport_GetModuleDict());
	skip_static_objects();
}

static int traverse_sentinel(PyObject *self, visitproc visit, void *data)
{
	return visit(self, data);
}

static int clear_sentinel(PyObject *self)
{
	(void)self;
	return 0;
}

static PyTypeObject sentinel_type = {
	.ob_base = {PyObject_HEAD_INIT(NULL) 0},
	.tp_name = "pystart.sentinel",
	.tp_basicsize = sizeof(PyObject),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_traverse = traverse_sentinel,
	.tp_clear = clear_sentinel,
	.tp_finalize = finalize_sentinel,
	.tp_free = PyObject_GC_Del,
};

/*
 * An object that nobody but itself refers to. Py_FinalizeEx() has the collector run as soon as the
 * streams are flushed; until then sys.modules is what it was, for streams written in Python.
 */
static bool plant_sentinel(void)
{
	PyObject *const sentinel = hidden_type_ready(&sentinel_type) == 0
					   ? (PyObject *)PyObject_GC_New(PyObject, &sentinel_type)
					   : NULL;

	if (sentinel == NULL) {
		PyErr_Clear();
		return false;
	}
	PyObject_GC_Track(sentinel);
	return true;
}

/* The collector is to find the sentinel, nothing else, and not of its own accord. */
static bool keep_all(internals_gc *gc)
{
	if (!keep_modules())
		return false;
	keep_objects(gc);
	gc->generations[0].threshold = 0;
	gc->enabled = 1;
	return plant_sentinel();
}

/* Whether functions are called with all that happens, the end of the interpreter included. */
static bool is_audited(void)
{
	const PyInterpreterState *const interpreter = PyInterpreterState_Get();
	const struct atexit_state *const atexit = &interpreter->atexit;

	/* That the headers are right about what comes before shows that they are about this. */
	return atexit->ncallbacks < 1 || atexit->callbacks[0] == NULL ||
	       atexit->callbacks[0]->func != &last || internals_is_audited();
}

static void leave(void)
{
	internals_gc *const gc = internals_find_gc();
	int enabled;

	if (gc == NULL || session.phase != PHASE_READY)
		return;
	enabled = gc->enabled;
	gc->enabled = 0;
	leaving.verdict = is_audited() ? OBSERVABLE_HOOKS : observable_look(leaving.detail);
	gc->enabled = enabled;
	if (leaving.verdict == OBSERVABLE_NOTHING && !keep_all(gc))
		leaving.verdict = OBSERVABLE_SETTINGS;
}

/* --- the last function of module atexit, which is the first one that is registered */

static PyObject *call_last(PyObject *self, PyObject *args, PyObject *keywords)
{
	(void)self;
	(void)args;
	(void)keywords;
	if (!leaving.is_running) {
		/* It is not to be counted while objects are destroyed. */
		leaving.is_registered = false;
		leave();
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

static bool prepare_module(PyMethodDef *methods)
{
	PyCFunction function;

	if (!internals_replace(methods, "register", METH_VARARGS | METH_KEYWORDS, NULL, &function))
		return false;
	leaving.stock_register = (PyCFunctionWithKeywords)(void (*)(void))function;
	return internals_replace(methods, "_ncallbacks", METH_NOARGS, ncallbacks,
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
