/* SPDX-License-Identifier: MIT */
/*
 * An extension module without types and capsules that has the interpreter tell it of what happens: each of its
 * functions starts one way of being told, and what is told is a line of the file "told.txt", as often as it is told.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fcntl.h>
#include <unistd.h>

static void tell(const char *what)
{
	const int file = open("told.txt", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (file >= 0 && (write(file, what, strlen(what)) < 0 || write(file, "\n", 1) < 0))
		abort();
	close(file);
}

/* Only what comes when nothing is to come from the program any more. */
static int is_ending;

static void tell_at_end(const char *what)
{
	if (is_ending)
		tell(what);
}

static PyObject *end(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	is_ending = 1;
	return Py_NewRef(Py_None);
}

static PyObject *evaluate_frame(PyThreadState *thread, struct _PyInterpreterFrame *frame,
				int throws)
{
	tell_at_end("evaluated");
	return _PyEval_EvalFrameDefault(thread, frame, throws);
}

static PyObject *evaluate(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	_PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), evaluate_frame);
	return Py_NewRef(Py_None);
}

static PyObject *answer(int result)
{
	return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* --- watchers: what is told is the event's number */

static void tell_event(const char *what, int event)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %d", what, event);
	tell_at_end(line);
}

#if PY_VERSION_HEX >= 0x030c0000
static int told_of_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
	(void)dict;
	(void)key;
	(void)value;
	tell_event("dictionary", event);
	return 0;
}

static PyObject *watch_dict(PyObject *module, PyObject *dict)
{
	const int id = PyDict_AddWatcher(told_of_dict);

	(void)module;
	return answer(id < 0 ? id : PyDict_Watch(id, dict));
}

static int told_of_type(PyTypeObject *type)
{
	tell_at_end(type->tp_name);
	return 0;
}

static PyObject *watch_type(PyObject *module, PyObject *type)
{
	const int id = PyType_AddWatcher(told_of_type);

	(void)module;
	return answer(id < 0 ? id : PyType_Watch(id, type));
}

/* Of code and functions only that the program's own goes: of others there may be more under one interpreter. */
static int told_of_code(PyCodeEvent event, PyCodeObject *code)
{
	if (PyUnicode_CompareWithASCIIString(code->co_name, "watched") == 0)
		tell_event("code", event);
	return 0;
}

static PyObject *watch_code(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(PyCode_AddWatcher(told_of_code));
}

static int told_of_function(PyFunction_WatchEvent event, PyFunctionObject *function,
			    PyObject *value)
{
	(void)value;
	if (PyUnicode_CompareWithASCIIString(function->func_name, "watched") == 0)
		tell_event("function", event);
	return 0;
}

static PyObject *watch_functions(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(PyFunction_AddWatcher(told_of_function));
}
#endif

#if PY_VERSION_HEX >= 0x030d0000
static int told_of_reference(PyObject *object, PyRefTracerEvent event, void *data)
{
	(void)data;
	if (event == PyRefTracer_DESTROY && strcmp(Py_TYPE(object)->tp_name, "Traced") == 0)
		tell_at_end("destroyed");
	return 0;
}

static PyObject *trace_references(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(PyRefTracer_SetTracer(told_of_reference, NULL));
}
#endif

/* --- functions for the end */

static void told_of_exit(void)
{
	tell("process ends");
}

static PyObject *at_exit_of_process(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(Py_AtExit(told_of_exit));
}

/* What the interpreter says of itself to a function of atexit(3). */
#if PY_VERSION_HEX < 0x030d0000
#define Py_IsFinalizing _Py_IsFinalizing
#define PyThreadState_GetUnchecked _PyThreadState_UncheckedGet
#endif

static void ask_at_end(void)
{
	char line[128];

	snprintf(line, sizeof(line),
		 "there: %d finalizing: %d thread: %d %d GIL: %d interpreters: %d %d",
		 Py_IsInitialized(), Py_IsFinalizing(), PyThreadState_GetUnchecked() != NULL,
		 PyGILState_GetThisThreadState() != NULL, PyGILState_Check(),
		 PyInterpreterState_Head() != NULL, PyInterpreterState_Main() != NULL);
	tell(line);
}

static PyObject *ask_late(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(-atexit(ask_at_end));
}

/* --- streams of C */

static void write_late(void)
{
	if (write(STDOUT_FILENO, "late\n", 5) < 0)
		abort();
}

static PyObject *write_in_c(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(printf("from C\n") < 0 || atexit(write_late) != 0 ? -1 : 0);
}

#if PY_VERSION_HEX >= 0x030d0000
static void told_of_interpreter(void *data)
{
	tell(data);
}

static PyObject *at_exit_of_interpreter(PyObject *module, PyObject *unused)
{
	static char text[] = "interpreter ends";

	(void)module;
	(void)unused;
	return answer(PyUnstable_AtExit(PyInterpreterState_Get(), told_of_interpreter, text));
}
#endif

/* --- audit hooks */

static int told_of_event(const char *event, PyObject *arguments, void *data)
{
	(void)arguments;
	(void)data;
	/* How often other events come is up to who raises them. */
	if (strncmp(event, "cpython.", 8) == 0)
		tell_at_end(event);
	return 0;
}

static PyObject *audit(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return answer(PySys_AddAuditHook(told_of_event, NULL));
}

/* --- what is kept with code, and with the thread */

#if PY_VERSION_HEX < 0x030c0000
#define PyUnstable_Eval_RequestCodeExtraIndex _PyEval_RequestCodeExtraIndex
#define PyUnstable_Code_SetExtra _PyCode_SetExtra
#endif

static void free_extra(void *extra)
{
	tell(extra);
}

static PyObject *keep_with_code(PyObject *module, PyObject *code)
{
	static char text[] = "kept with code";
	const Py_ssize_t index = PyUnstable_Eval_RequestCodeExtraIndex(free_extra);

	(void)module;
	return answer(index < 0 ? -1 : PyUnstable_Code_SetExtra(code, index, text));
}

static PyObject *keep_with_thread(PyObject *module, PyObject *object)
{
	PyObject *const dict = PyThreadState_GetDict();

	(void)module;
	return answer(dict == NULL ? -1 : PyDict_SetItemString(dict, "hooks", object));
}

/* --- tracing and profiling in C */

static int told_of_call(PyObject *object, PyFrameObject *frame, int what, PyObject *argument)
{
	PyCodeObject *const code = PyFrame_GetCode(frame);

	(void)object;
	(void)argument;
	if (PyUnicode_CompareWithASCIIString(code->co_name, "__del__") == 0)
		tell_event("call", what);
	Py_DECREF(code);
	return 0;
}

static PyObject *trace(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	PyEval_SetTrace(told_of_call, NULL);
	return Py_NewRef(Py_None);
}

static PyObject *profile(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	PyEval_SetProfile(told_of_call, NULL);
	return Py_NewRef(Py_None);
}

/* --- memory */

static PyMemAllocatorEx stock_allocator;
static void *watched;

static void *allocate(void *context, size_t size)
{
	return stock_allocator.malloc(context, size);
}

static void *allocate_zeroed(void *context, size_t count, size_t size)
{
	return stock_allocator.calloc(context, count, size);
}

static void *reallocate(void *context, void *memory, size_t size)
{
	return stock_allocator.realloc(context, memory, size);
}

static void release(void *context, void *memory)
{
	if (memory != NULL && memory == watched) {
		watched = NULL;
		tell_at_end("memory given back");
	}
	stock_allocator.free(context, memory);
}

static PyObject *watch_memory(PyObject *module, PyObject *object)
{
	PyMemAllocatorEx allocator;

	(void)module;
	PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &stock_allocator);
	allocator = (PyMemAllocatorEx){stock_allocator.ctx, allocate, allocate_zeroed, reallocate,
				       release};
	watched = object;
	PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &allocator);
	return Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
	{"end", end, METH_NOARGS, NULL},
#if PY_VERSION_HEX >= 0x030c0000
	{"watch_dict", watch_dict, METH_O, NULL},
	{"watch_type", watch_type, METH_O, NULL},
	{"watch_code", watch_code, METH_NOARGS, NULL},
	{"watch_functions", watch_functions, METH_NOARGS, NULL},
#endif
#if PY_VERSION_HEX >= 0x030d0000
	{"at_exit_of_interpreter", at_exit_of_interpreter, METH_NOARGS, NULL},
	{"trace_references", trace_references, METH_NOARGS, NULL},
#endif
	{"at_exit_of_process", at_exit_of_process, METH_NOARGS, NULL},
	{"ask_late", ask_late, METH_NOARGS, NULL},
	{"write_in_c", write_in_c, METH_NOARGS, NULL},
	{"audit", audit, METH_NOARGS, NULL},
	{"keep_with_code", keep_with_code, METH_O, NULL},
	{"keep_with_thread", keep_with_thread, METH_O, NULL},
	{"trace", trace, METH_NOARGS, NULL},
	{"profile", profile, METH_NOARGS, NULL},
	{"watch_memory", watch_memory, METH_O, NULL},
	{"evaluate", evaluate, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "hooks",
	.m_methods = functions,
};

PyMODINIT_FUNC PyInit_hooks(void)
{
	return PyModule_Create(&definition);
}
