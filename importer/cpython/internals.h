/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's inner structures, as its installed internal headers describe them. To be
 * included before anything else. What is used of them:
 *  - internal/pycore_gc.h: struct _gc_runtime_state, PyGC_Head;
 *  - internal/pycore_frame.h: the states of a generator;
 *  - internal/pycore_function.h: PyInterpreterState.func_state.next_version, from 3.13 on;
 *  - internal/pycore_interp.h: PyInterpreterState.atexit and .audit_hooks, which follows it,
 *    .co_extra_user_count, which comes before, and .monitoring_callables and _tool_names, which come after;
 *  - cpython/initconfig.h: PyConfig;
 *  - internal/pycore_runtime.h: _PyRuntime.interpreters, .audit_hook_head or .audit_hooks,
 *    .nexitfuncs or .atexit, .gilstate, and from 3.12 on .autoTSSkey.
 * A structure is used only after a look whether the running interpreter has it so, since these
 * headers belong to one release and the importer may be loaded into another of the same ABI.
 */
#ifndef IMPORTER_CPYTHON_INTERNALS_H
#define IMPORTER_CPYTHON_INTERNALS_H

#define Py_BUILD_CORE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "importer/cpython/compat.h"

/* From 3.12 on they have a type of this name, which every second variable has here. */
#define object internals_asdl_object
#include <internal/pycore_frame.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#undef object
#pragma GCC diagnostic pop

typedef struct _gc_runtime_state internals_gc;

static inline PyGC_Head *internals_gc_next(const PyGC_Head *head)
{
	return (PyGC_Head *)head->_gc_next;
}

static inline PyGC_Head *internals_gc_last(const PyGC_Head *list)
{
	return (PyGC_Head *)(list->_gc_prev & _PyGC_PREV_MASK);
}

/*
 * The collector's state of the current interpreter; NULL, with no exception set, if it is not where
 * the headers say. Needs the GIL.
 */
internals_gc *internals_find_gc(void);

/*
 * Keep the dictionaries of the interpreter's own types from being destroyed at its end, where it has them
 * itself. Needs the GIL.
 */
void internals_keep_static_types(void);

/*
 * The functions of a built-in module, which all objects of these functions refer to; NULL, with no
 * exception set, if the module is not made in several phases. Needs the GIL.
 */
PyMethodDef *internals_builtin_methods(const char *name);

/*
 * Find the method with these flags in such a table, which may be NULL. *stock gets its function, and
 * ours, unless it is NULL, takes its place: the function objects that programs have, and will have,
 * refer to the table and stay what they are. False if there is no such method.
 */
bool internals_replace(PyMethodDef *methods, const char *name, int flags, PyCFunction ours,
		       PyCFunction *stock);

/*
 * Whether the current interpreter has hooks of sys.addaudithook(). Those that were added in C are not
 * counted. Needs the GIL.
 */
bool internals_is_audited(void);

/* Whether the process has hooks that were added in C, or this cannot be known. Needs the GIL. */
bool internals_is_audited_in_c(void);

/* Whether functions of Py_AtExit() are to be called, or this cannot be known. Needs the GIL. */
bool internals_has_exit_functions(void);

/*
 * Have the interpreter say to code in C what it says when finalization is over: that there is none, and that no thread
 * belongs to it. To be called when it is finalizing, and nothing of it is needed any more. Gives the GIL away.
 */
void internals_say_gone(void);

/* Whether the collector looks at the youngest generation when it counts so many allocations. */
static inline bool internals_gc_is_reached(const internals_gc *gc, int count)
{
	const int threshold = gc->generations[0].threshold;

	return threshold != 0 && count > threshold;
}

/* How often the collector has looked at more than the youngest generation. */
static inline Py_ssize_t internals_gc_collections(const internals_gc *gc)
{
#if COMPAT_KEEPS_GC_STATS
	Py_ssize_t collections = 0;

	for (int i = 0; i < 2; i++) {
		const struct gc_old_stats_buffer *const old = &gc->generation_stats->old[i];
		collections += old->items[old->index].collections;
	}
	return collections;
#else
	return gc->generation_stats[1].collections + gc->generation_stats[2].collections;
#endif
}

/*
 * Whether sys.monitoring has functions to call that sys.monitoring.get_tool() does not tell of, for their tool was
 * freed. Needs the GIL.
 */
bool internals_has_callbacks_of_tools(void);

/* What this interpreter was configured with, which stays as it is from the first import on. Needs the GIL. */
const PyConfig *internals_configuration(void);

/* Whether no debugger or compiler has taken the evaluation of Python code upon itself (PEP 523). Needs the GIL. */
bool internals_evaluate_as_usual(void);

/* Whether C code keeps data of its own with code objects, to be freed with them. Needs the GIL. */
bool internals_has_code_extras(void);

/*
 * Whether `accept` returns true for all functions that C code wants called when dictionaries, types,
 * functions, code or objects of any kind change or go. Needs the GIL.
 */
bool internals_watchers_are(bool (*accept)(uintptr_t function, const void *data), const void *data);

enum { INTERNALS_FOLDER_SIZE = 4096 };

/*
 * The folder of the standard library's extension modules, as the interpreter computed it at its start
 * (Modules/getpath.py); empty, with no exception set, if its name is not to be had. Needs the GIL.
 */
void internals_dynload_folder(char folder[INTERNALS_FOLDER_SIZE]);

/* Append all objects of the list `from` to the list `to`. */
void internals_gc_merge(PyGC_Head *from, PyGC_Head *to);

#endif
