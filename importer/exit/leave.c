/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/exit/leave.h"

#include <stdio.h>

#include "importer/cpython/atexit_state.h"
#include "importer/cpython/hidden.h"
#include "importer/exit/caller.h"
#include "importer/exit/flushes.h"
#include "importer/exit/lookup.h"
#include "importer/session.h"

#if COMPAT_KNOWN_FINALIZATION

/* --- what finalization is kept from */

/* References that nobody gives back. */
static bool keep_values(PyObject *dict, const char *const *but)
{
	PyObject *const copy = PyDict_Copy(dict);

	if (copy == NULL)
		return false;
	PyObject_GC_UnTrack(copy);
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
	PyObject *const sys = compat_dict_find(modules, "sys");
	PyObject *const builtins = compat_dict_find(modules, "builtins");

	if (PyDict_CheckExact(modules) && sys != NULL && PyModule_CheckExact(sys) &&
	    builtins != NULL && PyModule_CheckExact(builtins) && keep_values(modules, NULL) &&
	    keep_values(PyModule_GetDict(sys), streams) &&
	    keep_values(PyModule_GetDict(builtins), NULL))
		return true;
	PyErr_Clear();
	return false;
}

/* What finalization would come to one by one. */
static bool keep_reachable(void)
{
	internals_keep_static_types();
	return keep_modules();
}

/* What the collector does not look at, it does not destroy either. */
struct kept {
	PyGC_Head objects;
	int enabled, threshold; /* the collector's own */
};

static void keep_objects(struct kept *kept, internals_gc *gc)
{
	kept->objects._gc_next = kept->objects._gc_prev = (uintptr_t)&kept->objects;
	for (int i = NUM_GENERATIONS; i-- > 0;) {
		internals_gc_merge(&gc->generations[i].head, &kept->objects);
		gc->generations[i].count = 0;
	}
	kept->enabled = gc->enabled;
	kept->threshold = gc->generations[0].threshold;
}

static void give_objects_back(struct kept *kept, internals_gc *gc)
{
	internals_gc_merge(&kept->objects, &gc->generations[0].head);
	gc->enabled = kept->enabled;
	gc->generations[0].threshold = kept->threshold;
}

/* --- whether it can end where the streams are flushed */

static struct ending {
	bool is_at_once;
	struct caller caller; /* of Py_FinalizeEx(), if so */
	struct kept kept;
	bool has_run_code;
} ending;

bool leave_is_at_once(void)
{
	return ending.is_at_once;
}

/*
 * Whether what comes behind that does more than destroy: functions of Py_AtExit() and audit hooks in C are called,
 * and module faulthandler ends its thread.
 */
static bool has_more_to_do(void)
{
	return internals_has_exit_functions() || internals_is_audited_in_c() ||
	       lookup(PyImport_GetModuleDict(), "faulthandler") != NULL;
}

/* They call Py_FinalizeEx() or, from 3.13 on, what it does. Another program or C code that does so waits for it all. */
static bool find_caller(void)
{
	const uintptr_t finalizing[] = {(uintptr_t)Py_RunMain, (uintptr_t)Py_Exit};

	return caller_find(&ending.caller, finalizing, sizeof(finalizing) / sizeof(*finalizing),
			   (uintptr_t)_PyEval_EvalFrameDefault);
}

/*
 * Code in Python that calls it, by way of C, goes on afterwards, with an interpreter that is gone: whatever comes of that
 * is to be as it is without us.
 */
static bool is_called_by_code(void)
{
	const uintptr_t evaluating[] = {(uintptr_t)_PyEval_EvalFrameDefault};
	struct caller unused;

	return caller_find(&unused, evaluating, 1, 0);
}

/* --- what the program does meanwhile */

/*
 * While a stream is flushed, which may wait for a reader, the handler of a signal may run. What it leaves, or has
 * changed, was not looked at.
 */
static PyObject *note_code(PyThreadState *thread, struct _PyInterpreterFrame *frame, int throws)
{
	ending.has_run_code = true;
	return _PyEval_EvalFrameDefault(thread, frame, throws);
}

/* A stream in C, as its original is, so that flushing it runs no other code. */
static bool is_in_c(const char *name, const char *original)
{
	PyObject *const stream = PySys_GetObject(name);
	PyObject *const first = PySys_GetObject(original);

	return stream == Py_None ||
	       (stream != NULL && first != NULL && Py_IS_TYPE(stream, Py_TYPE(first)));
}

static void watch_code(bool is_watched)
{
	_PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(),
					     is_watched ? note_code : _PyEval_EvalFrameDefault);
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
#if COMPAT_MAIN_INTERPRETER_CAN_GO
	if (!internals_is_audited_in_c() && PyInterpreterState_Main() == PyInterpreterState_Head())
		_PyRuntime.interpreters.main = NULL;
#endif
}

/* C code that is called when the process exits finds no interpreter, and that what C wrote has been written. */
static _Noreturn void leave_at_once(void)
{
	internals_say_gone();
	fflush(stdout);
	fflush(stderr);
	caller_return(&ending.caller, 0);
}

static void finalize_sentinel(PyObject *self)
{
	const bool are_flushed = !ending.is_at_once || flushes_end();

	(void)self;
	watch_code(false);
	if (ending.is_at_once && are_flushed && !ending.has_run_code)
		leave_at_once();
	/* A stream that was not flushed is tried again when it is destroyed, and told by the result. */
	ending.is_at_once = false;
	if (ending.has_run_code || !keep_reachable()) {
		give_objects_back(&ending.kept, &PyInterpreterState_Get()->gc);
		return;
	}
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
 * streams are flushed; until then sys.modules is what it was, for streams written in Python. It is among
 * the oldest objects, which a collection that is due before that does not look at.
 */
static bool plant_sentinel(internals_gc *gc)
{
	PyObject *const sentinel = hidden_type_ready(&sentinel_type) == 0
					   ? (PyObject *)PyObject_GC_New(PyObject, &sentinel_type)
					   : NULL;

	if (sentinel == NULL) {
		PyErr_Clear();
		return false;
	}
	PyObject_GC_Track(sentinel);
	internals_gc_merge(&gc->generations[0].head, &gc->generations[NUM_GENERATIONS - 1].head);
	return true;
}

/* The collector is to find the sentinel, nothing else, and not of its own accord. */
static bool keep_all(internals_gc *gc)
{
	ending.is_at_once = !has_more_to_do() && find_caller();
	if (!ending.is_at_once && is_called_by_code())
		return false;
	ending.is_at_once = ending.is_at_once && flushes_watch();
	keep_objects(&ending.kept, gc);
	gc->generations[0].threshold = 0;
	gc->enabled = 1;
	if (plant_sentinel(gc)) {
		watch_code(is_in_c("stdout", "__stdout__") && is_in_c("stderr", "__stderr__"));
		return true;
	}
	if (ending.is_at_once)
		flushes_end();
	ending.is_at_once = false;
	give_objects_back(&ending.kept, gc);
	return false;
}

/* Whether functions are called with all that happens, the end of the interpreter included. */
static bool is_audited(const PyObject *last)
{
	/* That the headers are right about what comes before shows that they are about this. */
	return !atexit_state_begins_with(last) || atexit_state_has_functions_in_c() ||
	       internals_is_audited();
}

enum observable leave_quickly(const PyObject *last, char *detail)
{
	internals_gc *const gc = internals_find_gc();
	enum observable verdict;

	if (gc == NULL || session.phase != PHASE_READY)
		return OBSERVABLE_UNKNOWN;
	const int enabled = gc->enabled;
	gc->enabled = 0;
	verdict = is_audited(last) ? OBSERVABLE_HOOKS : observable_look(detail);
	gc->enabled = enabled;
	return verdict == OBSERVABLE_NOTHING && !keep_all(gc) ? OBSERVABLE_SETTINGS : verdict;
}

#else

bool leave_is_at_once(void)
{
	return false;
}

#endif
