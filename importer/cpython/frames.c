/* SPDX-License-Identifier: MIT */
#include "importer/cpython/frames.h"

#include <stdbool.h>

#include "importer/cpython/bytecode.h"
#include "importer/cpython/hidden.h"
#include "importer/session.h"

enum { DEPTH_MAX = 4, ARGUMENTS_MAX = 3 };

/* A frame: the function of importlib that it looks like, and what is loaded on the line it is on. */
struct frame {
	enum importlib_function function;
	enum load load;
	const char *name;
};

struct chain {
	int depth;
	bool removed; /* the innermost function is importlib's own _call_with_frames_removed */
	struct frame frames[DEPTH_MAX];
};

#define LOCKED                                                                   \
	{                                                                        \
		IMPORTLIB_FIND_AND_LOAD, LOADS_GLOBAL, "_find_and_load_unlocked" \
	}
#define UNLOCKED(load, name)                                 \
	{                                                    \
		IMPORTLIB_FIND_AND_LOAD_UNLOCKED, load, name \
	}
#define LOADING UNLOCKED(LOADS_GLOBAL, "_load_unlocked")

static const struct chain chains[SITE_COUNT] = {
	[SITE_LOCKED] = {1, false, {LOCKED}},
	[SITE_PARENT] = {2, true, {LOCKED, UNLOCKED(LOADS_GLOBAL, "_call_with_frames_removed")}},
	[SITE_FIND] = {3,
		       false,
		       {LOCKED,
			UNLOCKED(LOADS_GLOBAL, "_find_spec"),
			{IMPORTLIB_FIND_SPEC, LOADS_LOCAL, "target"}}},
	[SITE_NOT_FOUND] = {2, false, {LOCKED, UNLOCKED(LOADS_GLOBAL, "ModuleNotFoundError")}},
	[SITE_LOAD] = {2, false, {LOCKED, LOADING}},
	[SITE_EXECUTE] = {4,
			  true,
			  {LOCKED,
			   LOADING,
			   {IMPORTLIB_LOAD_UNLOCKED, LOADS_ATTRIBUTE, "exec_module"},
			   {IMPORTLIB_EXEC_MODULE, LOADS_ATTRIBUTE, "_call_with_frames_removed"}}},
	[SITE_POP] = {3,
		      false,
		      {LOCKED, LOADING, {IMPORTLIB_LOAD_UNLOCKED, LOADS_ATTRIBUTE, "pop"}}},
	[SITE_BIND] = {2, false, {LOCKED, UNLOCKED(LOADS_GLOBAL, "setattr")}},
	[SITE_WARN] = {2, false, {LOCKED, UNLOCKED(LOADS_ATTRIBUTE, "warn")}},
};

/* A function that stands for the frame and passes its arguments to callee, or to the first one. */
static PyObject *new_relay(const struct frame *frame, PyObject *callee, int count)
{
	PyObject *const function = importer.importlib.functions[frame->function];
	PyCodeObject *const code = (PyCodeObject *)PyFunction_GET_CODE(function);
	const int line = bytecode_find_line(code, frame->load, frame->name);
	PyObject *const relay_code =
		line < 0 ? NULL : bytecode_new_relay(code, line, callee, count);
	PyObject *const relay =
		relay_code == NULL ? NULL
				   : PyFunction_New(relay_code, PyFunction_GET_GLOBALS(function));

	Py_XDECREF(relay_code);
	return relay;
}

/* From now on it may not be freed. */
static void hide_relay(PyObject *relay)
{
	hidden_object(((PyCodeObject *)PyFunction_GET_CODE(relay))->co_consts);
	hidden_object(relay);
}

/* The outermost function of a chain whose functions take `count` arguments. */
static PyObject *new_chain(const struct chain *chain, int count)
{
	PyObject *callee =
		!chain->removed
			? NULL
			: Py_NewRef(
				  importer.importlib.functions[IMPORTLIB_CALL_WITH_FRAMES_REMOVED]);
	PyObject *relays[DEPTH_MAX];

	for (int i = chain->depth - 1; i >= 0; i--) {
		relays[i] = new_relay(&chain->frames[i], callee, count);
		Py_XDECREF(callee);
		callee = relays[i];
		if (callee == NULL)
			return NULL;
	}
	for (int i = 0; i < chain->depth; i++)
		hide_relay(relays[i]);
	return callee;
}

PyObject *frames_call(enum site site, PyObject *callable, PyObject *const *arguments, int count)
{
	PyObject *all[1 + ARGUMENTS_MAX] = {callable};
	PyObject **const relay = &importer.relays[site];

	if (!COMPAT_KNOWN_BYTECODE)
		return PyObject_Vectorcall(callable, arguments, (size_t)count, NULL);
	for (int i = 0; i < count; i++)
		all[1 + i] = arguments[i];
	if (*relay == NULL)
		*relay = new_chain(&chains[site], 1 + count);
	return *relay == NULL ? NULL : PyObject_Vectorcall(*relay, all, 1 + (size_t)count, NULL);
}
