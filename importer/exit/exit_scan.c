/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/exit/exit_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "importer/cpython/compat.h"
#include "importer/exit/libraries.h"
#include "importer/exit/streams.h"

static const char *const names[OBSERVABLE_COUNT] = {
	[OBSERVABLE_UNKNOWN] = "unknown",     [OBSERVABLE_NOTHING] = "nothing",
	[OBSERVABLE_SETTINGS] = "settings",   [OBSERVABLE_THREADS] = "threads",
	[OBSERVABLE_COLLECTOR] = "gc in use", [OBSERVABLE_STREAMS] = "streams",
	[OBSERVABLE_HOOKS] = "hooks",         [OBSERVABLE_FINALIZER] = "finalizer",
	[OBSERVABLE_GENERATOR] = "generator", [OBSERVABLE_CALLBACK] = "weakref callback",
	[OBSERVABLE_FILE] = "open file",      [OBSERVABLE_EXTENSION] = "extension module",
};

const char *observable_name(enum observable observable)
{
	return names[observable];
}

#if COMPAT_KNOWN_FINALIZATION

/* What to look at in the instances of a type. */
enum kind {
	KIND_UNKNOWN,
	KIND_PLAIN, /* nothing */
	KIND_TYPE,
	KIND_GENERATOR,
	KIND_WEAKREF,
	KIND_FILE,
	KIND_FINALIZER, /* each of them is observable */
};

enum {
	SLOT_BITS = 12,
	SLOTS = 1 << SLOT_BITS,
	KIND_MASK = 7, /* types are aligned to more than that */
};

struct look {
	struct streams streams;
	PyObject *weakref, *weakrefset, *logging; /* modules' dictionaries; borrowed, or NULL */
	char *detail;
	unsigned int known;     /* slots in use */
	uintptr_t slots[SLOTS]; /* hash table of types; the low bits are enum kind */
};

static enum observable tell(const struct look *look, enum observable observable, const char *detail)
{
	snprintf(look->detail, OBSERVABLE_DETAIL_SIZE, "%s", detail);
	return observable;
}

/* --- types */

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/*
 * Types written in C that do more than free memory, and that have no finalizer to tell them by:
 * they write to files, or call functions. What ctypes makes of a function, C can call when something
 * is destroyed that cannot be found, such as a capsule.
 */
static bool is_active(const PyTypeObject *type)
{
	static const char *const active[] = {"sqlite3.Connection",
					     "sqlite3.Blob",
					     "_gdbm.gdbm",
					     "_dbm.dbm",
					     "_tkinter.tkapp",
					     "_ctypes.CThunkObject",
					     "_cffi_backend.__CDataGCP",
					     "_cffi_backend.__CDataOwnGC",
					     NULL};

	for (; type != NULL; type = type->tp_base)
		if (is_one_of(type->tp_name, active))
			return true;
	return false;
}

static bool is_reference(PyTypeObject *type)
{
	return PyType_IsSubtype(type, &_PyWeakref_RefType) || type == &_PyWeakref_ProxyType ||
	       type == &_PyWeakref_CallableProxyType;
}

static enum kind classify(const struct look *look, PyTypeObject *type)
{
	if (type == &PyGen_Type || type == &PyCoro_Type || type == &PyAsyncGen_Type)
		return KIND_GENERATOR;
	if (streams_are_in_memory(&look->streams, type))
		return KIND_PLAIN;
	if (streams_are_files(&look->streams, type))
		return KIND_FILE;
	if (type->tp_finalize != NULL || type->tp_del != NULL || is_active(type))
		return KIND_FINALIZER;
	if (PyType_IsSubtype(type, &PyType_Type))
		return KIND_TYPE;
	return is_reference(type) ? KIND_WEAKREF : KIND_PLAIN;
}

static enum kind kind_of(struct look *look, PyTypeObject *type)
{
	const uintptr_t key = (uintptr_t)type;
	size_t i = (size_t)((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOT_BITS));
	enum kind kind;

	while (look->slots[i] != 0 && (look->slots[i] & ~(uintptr_t)KIND_MASK) != key)
		i = (i + 1) % SLOTS;
	if (look->slots[i] != 0)
		return (enum kind)(look->slots[i] & KIND_MASK);
	kind = classify(look, type);
	if (look->known < SLOTS / 2) {
		look->slots[i] = key | (uintptr_t)kind;
		look->known++;
	}
	return kind;
}

/* --- objects */

/* Instances that the collector does not know cannot be found; that they can exist must do. */
static enum observable look_at_type(const struct look *look, const PyTypeObject *type)
{
	/* These do no more than warn and close. */
	static const char *const passive[] = {"posix.ScandirIterator", "_socket.socket", NULL};

	if (!PyType_HasFeature((PyTypeObject *)type, Py_TPFLAGS_HAVE_GC) &&
	    (type->tp_finalize != NULL || type->tp_del != NULL) &&
	    !is_one_of(type->tp_name, passive))
		return tell(look, OBSERVABLE_FINALIZER, type->tp_name);
	return OBSERVABLE_NOTHING;
}

/*
 * Closing a generator runs code if it has begun and is within try or with, or waits for another one.
 * Coroutines have more to tell, such as that nobody waited for them.
 */
static enum observable look_at_generator(const struct look *look, PyObject *object)
{
	const PyGenObject *const generator = (PyGenObject *)object;

	if (generator->gi_frame_state >= FRAME_COMPLETED)
		return OBSERVABLE_NOTHING;
	if (Py_IS_TYPE(object, &PyGen_Type) &&
	    (generator->gi_frame_state == FRAME_CREATED ||
	     (generator->gi_frame_state == FRAME_SUSPENDED &&
	      PyBytes_GET_SIZE(generator->gi_code->co_exceptiontable) == 0 &&
	      streams_field(object, "gi_yieldfrom") == Py_None)))
		return OBSERVABLE_NOTHING;
	return tell(look, OBSERVABLE_GENERATOR,
		    PyUnicode_Check(generator->gi_qualname) &&
				    PyUnicode_IS_COMPACT_ASCII(generator->gi_qualname)
			    ? (const char *)PyUnicode_1BYTE_DATA(generator->gi_qualname)
			    : "");
}

/* Functions that take the reference out of a collection, and do no more. */
static bool is_removing(const struct look *look, PyObject *callback)
{
	static const char *const of_c[] = {"_destroy", "_localdummy_destroyed", NULL};
	PyObject *globals;

	if (PyCFunction_CheckExact(callback))
		return is_one_of(((PyCFunctionObject *)callback)->m_ml->ml_name, of_c);
	if (!PyFunction_Check(callback))
		return strcmp(Py_TYPE(callback)->tp_name, "_ctypes.DictRemover") == 0;
	globals = PyFunction_GET_GLOBALS(callback);
	if (globals == NULL)
		return false;
	PyObject *const name = ((PyFunctionObject *)callback)->func_name;
	if (globals == look->weakref)
		return PyUnicode_CompareWithASCIIString(name, "remove") == 0;
	if (globals == look->weakrefset)
		return PyUnicode_CompareWithASCIIString(name, "_remove") == 0;
	return globals == look->logging &&
	       PyUnicode_CompareWithASCIIString(name, "_removeHandlerRef") == 0;
}

static const char *describe_callback(PyObject *callback)
{
	if (!PyFunction_Check(callback))
		return Py_TYPE(callback)->tp_name;
	PyObject *const name = ((PyFunctionObject *)callback)->func_qualname;
	return PyUnicode_IS_COMPACT_ASCII(name) ? (const char *)PyUnicode_1BYTE_DATA(name) : "";
}

static enum observable look_at_reference(const struct look *look, PyObject *object)
{
	const PyWeakReference *const reference = (PyWeakReference *)object;

	if (reference->wr_callback == NULL || reference->wr_object == Py_None ||
	    is_removing(look, reference->wr_callback))
		return OBSERVABLE_NOTHING;
	return tell(look, OBSERVABLE_CALLBACK, describe_callback(reference->wr_callback));
}

static enum observable look_at_file(const struct look *look, PyObject *object)
{
	return streams_have(&look->streams, object) || streams_is_closed(&look->streams, object)
		       ? OBSERVABLE_NOTHING
		       : tell(look, OBSERVABLE_FILE, Py_TYPE(object)->tp_name);
}

static enum observable look_at(const struct look *look, PyObject *object, enum kind kind)
{
	switch (kind) {
	case KIND_TYPE:
		return look_at_type(look, (PyTypeObject *)object);
	case KIND_GENERATOR:
		return look_at_generator(look, object);
	case KIND_WEAKREF:
		return look_at_reference(look, object);
	case KIND_FILE:
		return look_at_file(look, object);
	case KIND_FINALIZER:
		return tell(look, OBSERVABLE_FINALIZER, Py_TYPE(object)->tp_name);
	default:
		return OBSERVABLE_NOTHING;
	}
}

/* Remembers the last type, for objects of one type come in rows. */
struct walker {
	const PyGC_Head *head;
	const PyTypeObject *type;
	enum kind kind;
};

static enum observable look_here(struct look *look, struct walker *walker)
{
	PyObject *const object = (PyObject *)(walker->head + 1);

	if (Py_TYPE(object) != walker->type) {
		walker->type = Py_TYPE(object);
		walker->kind = kind_of(look, Py_TYPE(object));
	}
	return walker->kind == KIND_PLAIN ? OBSERVABLE_NOTHING
					  : look_at(look, object, walker->kind);
}

/*
 * Tens of thousands of objects: not more than one cache line of most of them is touched. From both
 * ends, because the processor can wait for two cache lines as well as for one.
 */
static enum observable look_at_list(struct look *look, const PyGC_Head *list)
{
	struct walker first = {.head = internals_gc_next(list)};
	struct walker last = {.head = internals_gc_last(list)};
	enum observable found;

	if (first.head == list)
		return OBSERVABLE_NOTHING;
	for (;;) {
		found = look_here(look, &first);
		if (found != OBSERVABLE_NOTHING || first.head == last.head)
			return found;
		found = look_here(look, &last);
		first.head = internals_gc_next(first.head);
		if (found != OBSERVABLE_NOTHING || first.head == last.head)
			return found;
		last.head = internals_gc_last(last.head);
	}
}

/* --- everything else */

static bool has_elements(PyObject *list)
{
	return list != NULL && PyList_GET_SIZE(list) != 0;
}

/*
 * Whether the first filter that applies to ResourceWarning hides it: then nobody is told of files
 * and the like that are not closed.
 */
static bool hides_resource_warnings(void)
{
	PyObject *dict = streams_module_dict("warnings");
	PyObject *filters;

	if (dict == NULL)
		dict = streams_module_dict("_warnings");
	filters = dict == NULL ? NULL : PyDict_GetItemString(dict, "filters");
	if (filters == NULL || !PyList_CheckExact(filters))
		return false;
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(filters); i++) {
		PyObject *action, *message, *category, *module, *line;
		PyObject *const filter = PyList_GET_ITEM(filters, i);
		if (!PyTuple_CheckExact(filter) || PyTuple_GET_SIZE(filter) != 5)
			return false;
		action = PyTuple_GET_ITEM(filter, 0);
		message = PyTuple_GET_ITEM(filter, 1);
		category = PyTuple_GET_ITEM(filter, 2);
		module = PyTuple_GET_ITEM(filter, 3);
		line = PyTuple_GET_ITEM(filter, 4);
		if (!PyType_Check(category) ||
		    !PyType_IsSubtype((PyTypeObject *)PyExc_ResourceWarning,
				      (PyTypeObject *)category))
			continue;
		return message == Py_None && module == Py_None && PyLong_CheckExact(line) &&
		       Py_SIZE(line) == 0 && PyUnicode_Check(action) &&
		       PyUnicode_CompareWithASCIIString(action, "ignore") == 0;
	}
	return false;
}

static enum observable look_at_interpreter(const struct look *look, const internals_gc *gc)
{
	PyInterpreterState *const interpreter = PyInterpreterState_Get();
	const PyConfig *const config = _Py_GetConfig();

	if (config->verbose || config->dev_mode || config->malloc_stats || config->dump_refs ||
	    config->show_ref_count || compat_is_traced())
		return OBSERVABLE_SETTINGS;
	if (!hides_resource_warnings())
		return tell(look, OBSERVABLE_SETTINGS, "ResourceWarning");
	if (interpreter != PyInterpreterState_Head() ||
	    PyInterpreterState_Next(interpreter) != NULL ||
	    PyThreadState_Next(PyInterpreterState_ThreadHead(interpreter)) != NULL)
		return OBSERVABLE_THREADS;
	if (gc->debug != 0 || has_elements(gc->callbacks) || has_elements(gc->garbage))
		return OBSERVABLE_COLLECTOR;
	if (PySys_GetObject("unraisablehook") != PySys_GetObject("__unraisablehook__"))
		return tell(look, OBSERVABLE_HOOKS, "sys.unraisablehook");
	if (libraries_may_act(look->detail, OBSERVABLE_DETAIL_SIZE))
		return OBSERVABLE_EXTENSION;
	return OBSERVABLE_NOTHING;
}

static enum observable look_at_streams(struct look *look)
{
	const char *const stream = streams_look(&look->streams);

	return stream == NULL ? OBSERVABLE_NOTHING : tell(look, OBSERVABLE_STREAMS, stream);
}

enum observable observable_look(char *detail)
{
	static struct look look; /* too large for the stack; there is one look in a process */
	const internals_gc *const gc = internals_find_gc();
	enum observable found;

	*detail = '\0';
	look = (struct look){.detail = detail,
			     .weakref = streams_module_dict("weakref"),
			     .weakrefset = streams_module_dict("_weakrefset"),
			     .logging = streams_module_dict("logging")};
	found = gc == NULL ? OBSERVABLE_SETTINGS : look_at_interpreter(&look, gc);
	if (found == OBSERVABLE_NOTHING)
		found = look_at_streams(&look);
	for (int i = 0; i < NUM_GENERATIONS && found == OBSERVABLE_NOTHING; i++)
		found = look_at_list(&look, &gc->generations[i].head);
	if (found == OBSERVABLE_NOTHING)
		found = look_at_list(&look, &gc->permanent_generation.head);
	return found;
}

#endif
