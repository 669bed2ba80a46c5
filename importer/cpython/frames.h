/* SPDX-License-Identifier: MIT */
/*
 * Calls into Python code are made from under the frames that importlib would have on the stack at
 * that place, so that tracebacks, sys._getframe() and the count of frames come out as under stock.
 * The frames are real ones, of small functions which pass the call on and have the names, files and
 * lines of importlib's. All functions need the GIL.
 */
#ifndef IMPORTER_CPYTHON_FRAMES_H
#define IMPORTER_CPYTHON_FRAMES_H

#include "importer/cpython/compat.h"

/* The places in importlib, innermost function last. */
enum site {
	SITE_LOCK,   /* _find_and_load: take locks, or give them back */
	SITE_LOCKED, /* _find_and_load */
	SITE_PARENT, /* ... _find_and_load_unlocked, _call_with_frames_removed: import a parent */
	SITE_PARENT_AGAIN, /* the same: a parent that is not complete */
	SITE_FIND,         /* ... _find_and_load_unlocked, _find_spec: ask a finder */
	SITE_ENTRY, /* ... _find_spec, PathFinder.find_spec, _get_spec: have an entry's finder made */
	SITE_ENTRY_FIND,      /* the same: ask that finder */
	SITE_LENT_ENTRY,      /* _get_spec alone, when the frames around it are there */
	SITE_LENT_ENTRY_FIND, /* the same */
	SITE_NOT_FOUND,       /* ... _find_and_load_unlocked: nobody has the module */
	SITE_LOAD,            /* ... _find_and_load_unlocked: the spec is there */
	SITE_EXECUTE, /* ... _load_unlocked, exec_module, _call_with_frames_removed: run the body */
	SITE_POP,     /* ... _load_unlocked: the module is taken from sys.modules */
	SITE_BIND,    /* ... _find_and_load_unlocked: the module becomes its parent's attribute */
	SITE_WARN,    /* ... _find_and_load_unlocked: the parent does not take it */
	SITE_LAZY, /* ... _find_and_load_unlocked: the module is no longer to be imported lazily */
	SITE_LAZY_WARN, /* ... _find_and_load_unlocked: that has failed */
	SITE_COUNT
};

enum { FRAMED_ARGUMENTS_MAX = 3 };

/* A call that frames_run() makes. */
struct framed_call {
	PyObject *callable;
	PyObject *arguments[1 + FRAMED_ARGUMENTS_MAX]; /* borrowed */
	size_t count;
};

/*
 * Prepare to call `callable` with `count` arguments, at most 3 and always the same number for one
 * site. The references are borrowed until the call was made. Returns 0, or -1 with an exception set.
 */
int frames_prepare(struct framed_call *call, enum site site, PyObject *callable,
		   PyObject *const *arguments, int count);

/* Make the call. Returns what `callable` returns. */
static inline PyObject *frames_run(const struct framed_call *call)
{
	const vectorcallfunc function = PyVectorcall_Function(call->callable);

	/* Without a frame of PyObject_Vectorcall() on the C stack. */
	return function != NULL
		       ? function(call->callable, call->arguments, call->count, NULL)
		       : PyObject_Vectorcall(call->callable, call->arguments, call->count, NULL);
}

/* Both. */
PyObject *frames_call(enum site site, PyObject *callable, PyObject *const *arguments, int count);

/* Raise what a function of ours raises, from under the site's frames. Returns NULL. */
PyObject *frames_raise(enum site site, PyMethodDef *method, PyObject *name);

#endif
