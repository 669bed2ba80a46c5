/* SPDX-License-Identifier: MIT */
#include "importer/cpython/frames.h"

#include <stdbool.h>

#include "importer/cpython/bytecode.h"
#include "importer/cpython/hidden.h"
#include "importer/cpython/importlib.h"

/* Functions that frames_call() calls through; owned. */
static PyObject *trampoline_of[SITE_COUNT];

enum { DEPTH_MAX = 5 };

/* A frame: the function of importlib that it looks like, and what is loaded on the line it is on. */
struct frame {
	enum importlib_function function;
	enum load load;
	const char *name;
	enum occurrence which; /* of the lines that load it */
};

struct chain {
	int depth;
	bool removed; /* the innermost function is importlib's own _call_with_frames_removed */
	struct frame frames[DEPTH_MAX];
};

#define LOCKED                                                                             \
	{                                                                                  \
		IMPORTLIB_FIND_AND_LOAD, LOADS_GLOBAL, "_find_and_load_unlocked", THE_LAST \
	}
#define UNLOCKED(load, name)                                           \
	{                                                              \
		IMPORTLIB_FIND_AND_LOAD_UNLOCKED, load, name, THE_LAST \
	}
#define FINDING                                                      \
	LOCKED, UNLOCKED(LOADS_GLOBAL, "_find_spec"),                \
	{                                                            \
		IMPORTLIB_FIND_SPEC, LOADS_LOCAL, "target", THE_LAST \
	}
#define SEARCHING                                                                   \
	FINDING,                                                                    \
	{                                                                           \
		IMPORTLIB_FIND_SPEC_ON_PATH, LOADS_ATTRIBUTE, "_get_spec", THE_LAST \
	}
#define IN_GET_SPEC(name)                                           \
	{                                                           \
		IMPORTLIB_GET_SPEC, LOADS_ATTRIBUTE, name, THE_LAST \
	}
#define LOADING UNLOCKED(LOADS_GLOBAL, "_load_unlocked")

static const struct chain chains[SITE_COUNT] = {
	[SITE_LOCK] = {1,
		       false,
		       {{IMPORTLIB_FIND_AND_LOAD, LOADS_LOCAL, "lock_manager", THE_LAST}}},
	[SITE_LOCKED] = {1, false, {LOCKED}},
	[SITE_PARENT] = {2,
			 true,
			 {LOCKED,
			  {IMPORTLIB_FIND_AND_LOAD_UNLOCKED, LOADS_GLOBAL,
			   "_call_with_frames_removed", THE_FIRST}}},
	[SITE_PARENT_AGAIN] = {2,
			       true,
			       {LOCKED, UNLOCKED(LOADS_GLOBAL, "_call_with_frames_removed")}},
	[SITE_FIND] = {3, false, {FINDING}},
	[SITE_ENTRY] = {5, false, {SEARCHING, IN_GET_SPEC("_path_importer_cache")}},
	[SITE_ENTRY_FIND] = {5, false, {SEARCHING, IN_GET_SPEC("find_spec")}},
	[SITE_LENT_ENTRY] = {1, false, {IN_GET_SPEC("_path_importer_cache")}},
	[SITE_LENT_ENTRY_FIND] = {1, false, {IN_GET_SPEC("find_spec")}},
	[SITE_NOT_FOUND] = {2, false, {LOCKED, UNLOCKED(LOADS_GLOBAL, "ModuleNotFoundError")}},
	[SITE_LOAD] = {2, false, {LOCKED, LOADING}},
	[SITE_EXECUTE] = {4,
			  true,
			  {LOCKED,
			   LOADING,
			   {IMPORTLIB_LOAD_UNLOCKED, LOADS_ATTRIBUTE, "exec_module", THE_LAST},
			   {IMPORTLIB_EXEC_MODULE, LOADS_ATTRIBUTE, "_call_with_frames_removed",
			    THE_LAST}}},
	[SITE_POP] = {3,
		      false,
		      {LOCKED,
		       LOADING,
		       {IMPORTLIB_LOAD_UNLOCKED, LOADS_ATTRIBUTE, "pop", THE_LAST}}},
	[SITE_BIND] = {2, false, {LOCKED, UNLOCKED(LOADS_GLOBAL, "setattr")}},
	[SITE_WARN] = {2,
		       false,
		       {LOCKED,
			{IMPORTLIB_FIND_AND_LOAD_UNLOCKED, LOADS_ATTRIBUTE, "warn", THE_FIRST}}},
	[SITE_LAZY] = {2, false, {LOCKED, UNLOCKED(LOADS_ATTRIBUTE, "_set_lazy_attributes")}},
	[SITE_LAZY_WARN] = {2, false, {LOCKED, UNLOCKED(LOADS_ATTRIBUTE, "warn")}},
};

/* A function that stands for the frame and passes its arguments to callee, or to the first one. */
static PyObject *new_trampoline(const struct frame *frame, PyObject *callee, int count)
{
	PyObject *const function = stock_importlib.functions[frame->function];
	PyCodeObject *const code = (PyCodeObject *)PyFunction_GET_CODE(function);
	const int line = bytecode_find_line(code, frame->load, frame->name, frame->which);
	PyObject *const code_of_trampoline =
		line < 0 ? NULL : bytecode_new_trampoline(code, line, callee, count);
	PyObject *const trampoline =
		code_of_trampoline == NULL
			? NULL
			: PyFunction_New(code_of_trampoline, PyFunction_GET_GLOBALS(function));

	Py_XDECREF(code_of_trampoline);
	return trampoline;
}

/* From now on it may not be freed. */
static void hide_trampoline(PyObject *trampoline)
{
	hidden_object(((PyCodeObject *)PyFunction_GET_CODE(trampoline))->co_consts);
	hidden_object(trampoline);
}

/* The outermost function of a chain whose functions take `count` arguments. */
static PyObject *new_chain(const struct chain *chain, int count)
{
	PyObject *callee =
		!chain->removed
			? NULL
			: Py_NewRef(stock_importlib.functions[IMPORTLIB_CALL_WITH_FRAMES_REMOVED]);
	PyObject *made[DEPTH_MAX];
	int made_count = 0;

	for (int i = chain->depth - 1; i >= 0; i--) {
		PyObject *const trampoline = new_trampoline(&chain->frames[i], callee, count);
		Py_XDECREF(callee);
		callee = trampoline;
		if (callee == NULL)
			return NULL;
		made[made_count++] = callee;
	}
	for (int i = 0; i < made_count; i++)
		hide_trampoline(made[i]);
	return callee;
}

int frames_prepare(struct framed_call *call, enum site site, PyObject *callable,
		   PyObject *const *arguments, int count)
{
	PyObject **const trampoline = &trampoline_of[site];
	PyObject **next = call->arguments;

	*call = (struct framed_call){.count = (size_t)count};
	if (COMPAT_KNOWN_BYTECODE) {
		if (*trampoline == NULL)
			*trampoline = new_chain(&chains[site], 1 + count);
		if (*trampoline == NULL)
			return -1;
		*next++ = callable;
		call->count++;
	}
	for (int i = 0; i < count; i++)
		*next++ = arguments[i];
	call->callable = COMPAT_KNOWN_BYTECODE ? *trampoline : callable;
	return 0;
}

PyObject *frames_call(enum site site, PyObject *callable, PyObject *const *arguments, int count)
{
	struct framed_call call;

	if (frames_prepare(&call, site, callable, arguments, count) != 0)
		return NULL;
	return frames_run(&call);
}

PyObject *frames_raise(enum site site, PyMethodDef *method, PyObject *name)
{
	PyObject *const function = PyCFunction_New(method, NULL);

	if (function != NULL) {
		/* It returns nothing but NULL. */
		(void)frames_call(site, function, &name, 1);
		Py_DECREF(function);
	}
	return NULL;
}
