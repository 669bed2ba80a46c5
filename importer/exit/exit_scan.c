/* SPDX-License-Identifier: MIT */
#include "importer/exit/look.h"

#include <stdio.h>
#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/importlib.h"
#include "importer/cpython/known_code.h"
#include "importer/cpython/tls_context.h"
#include "importer/exit/callbacks.h"
#include "importer/exit/lookup.h"
#include "importer/session.h"

static const char *const names[OBSERVABLE_COUNT] = {
	[OBSERVABLE_UNKNOWN] = "unknown",      [OBSERVABLE_NOTHING] = "nothing",
	[OBSERVABLE_SETTINGS] = "settings",    [OBSERVABLE_THREADS] = "threads",
	[OBSERVABLE_COLLECTOR] = "gc in use",  [OBSERVABLE_STREAMS] = "streams",
	[OBSERVABLE_HOOKS] = "hooks",          [OBSERVABLE_FINALIZER] = "finalizer",
	[OBSERVABLE_GENERATOR] = "generator",  [OBSERVABLE_CALLBACK] = "weakref callback",
	[OBSERVABLE_FILE] = "open file",       [OBSERVABLE_EXTENSION] = "extension module",
	[OBSERVABLE_OPAQUE] = "references of",
};

const char *observable_name(enum observable observable)
{
	return names[observable];
}

#if COMPAT_KNOWN_FINALIZATION

enum observable look_tell(const struct look *look, enum observable found, const char *detail)
{
	snprintf(look->detail, OBSERVABLE_DETAIL_SIZE, "%s", detail);
	return found;
}

/* --- what an object refers to */

enum {
	DEPTH_MAX = 100, /* of objects that refer to each other and are not tracked */
	VISITS_MAX =
		10000000, /* of such objects: they may refer to the same ones again and again */
};

/*
 * An object that the collector tracks is found in its lists. What is not tracked is found through those
 * that are: containers of such objects, which the collector has stopped tracking, are gone through.
 */
struct search {
	struct look *look;
	enum observable found;
	unsigned int depth, visits;
};

static int visit(PyObject *object, void *data);

static void visit_constants(struct search *search, const PyCodeObject *code)
{
	/* Of the image's code nothing is ever destroyed, not even by full finalization. */
	if (code->ob_base.ob_base.ob_refcnt >= COMPAT_IMAGE_REFCNT / 2)
		return;
	visit(code->co_consts, search);
}

/* What asyncio takes for the loop that runs in this thread; borrowed. NULL if it does not say. */
static PyObject *find_running_loop(const struct look *look)
{
	PyObject *const asyncio = streams_module_dict("_asyncio");
	PyObject *const get = asyncio == NULL ? NULL : lookup(asyncio, "_get_running_loop");
	PyObject *const loop =
		get == NULL || !callbacks_is_c_function(look, get, "_get_running_loop")
			? NULL
			: PyObject_CallNoArgs(get);

	PyErr_Clear();
	Py_XDECREF(loop);
	return loop;
}

/*
 * What a time, an argument of ctypes' functions, what asyncio keeps of a thread or a context for TLS refers
 * to; the types are Python's own.
 */
static void visit_field(struct search *search, PyObject *object)
{
	const char *const type = Py_TYPE(object)->tp_name;
	PyObject *loop;

	if (tls_context_type(Py_TYPE(object)) != NULL) {
		if (!tls_context_visit(object, visit, search) &&
		    search->found == OBSERVABLE_NOTHING)
			search->found = look_tell(search->look, OBSERVABLE_OPAQUE, type);
		return;
	}
	if (strcmp(type, "_RunningLoopHolder") != 0) {
		visit(streams_field(object, strcmp(type, "CArgObject") == 0 ? "_obj" : "tzinfo"),
		      search);
		return;
	}
	loop = find_running_loop(search->look);
	if (loop == NULL)
		search->found = look_tell(search->look, OBSERVABLE_OPAQUE, type);
	else
		visit(loop, search);
}

static void visit_references(struct search *search, PyObject *object, enum kind kind)
{
	if (search->depth == DEPTH_MAX || search->visits++ == VISITS_MAX) {
		search->found = look_tell(search->look, OBSERVABLE_OPAQUE, "too many objects");
		return;
	}
	search->depth++;
	if (kind == KIND_CODE)
		visit_constants(search, (PyCodeObject *)object);
	else if (kind == KIND_FIELD)
		visit_field(search, object);
	if (search->found == OBSERVABLE_NOTHING && PyObject_IS_GC(object) &&
	    Py_TYPE(object)->tp_traverse != NULL)
		Py_TYPE(object)->tp_traverse(object, visit, search);
	search->depth--;
}

/* Returns 1, which ends the search, as soon as something was found. */
static int visit(PyObject *object, void *data)
{
	struct search *const search = data;
	enum kind kind;

	if (object == NULL)
		return 0;
	kind = types_kind(&search->look->types, Py_TYPE(object));
	if (kind == KIND_ATOM || PyObject_GC_IsTracked(object))
		return 0;
	search->found = kind == KIND_OPAQUE ? look_tell(search->look, OBSERVABLE_OPAQUE,
							Py_TYPE(object)->tp_name)
					    : look_at_object(search->look, object, kind);
	if (search->found == OBSERVABLE_NOTHING)
		visit_references(search, object, kind);
	return search->found != OBSERVABLE_NOTHING;
}

static enum observable look_behind(struct look *look, PyObject *object, enum kind kind)
{
	struct search search = {.look = look, .found = OBSERVABLE_NOTHING};

	if (kind == KIND_OPAQUE)
		return look_tell(look, OBSERVABLE_OPAQUE, Py_TYPE(object)->tp_name);
	visit_references(&search, object, kind);
	return search.found;
}

/* --- the lists of the collector */

/* Remembers the last type, for objects of one type come in rows. */
struct walker {
	const PyGC_Head *head;
	const PyTypeObject *type;
	enum kind kind;
};

static enum observable look_here(struct look *look, struct walker *walker)
{
	PyObject *const object = (PyObject *)(walker->head + 1);
	enum observable found = OBSERVABLE_NOTHING;

	if (Py_TYPE(object) != walker->type) {
		walker->type = Py_TYPE(object);
		walker->kind = types_kind(&look->types, Py_TYPE(object));
	}
	if (walker->kind != KIND_PLAIN)
		found = look_at_object(look, object, walker->kind);
	if (found == OBSERVABLE_NOTHING && look->is_deep)
		found = look_behind(look, object, walker->kind);
	return found;
}

/*
 * Tens of thousands of objects: not more than one cache line of most of them is touched. From both
 * ends, because the processor can wait for two cache lines as well as for one.
 */
static enum observable look_at_row(struct look *look, const PyGC_Head *begin, const PyGC_Head *end)
{
	struct walker first = {.head = begin};
	struct walker last = {.head = end};
	enum observable found;

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

/* Up to where it ends then: objects that appear meanwhile are added at its end. */
static enum observable look_at_list(struct look *look, const PyGC_Head *list)
{
	const PyGC_Head *seen = list, *end;
	enum observable found = OBSERVABLE_NOTHING;

	while (found == OBSERVABLE_NOTHING && (end = internals_gc_last(list)) != seen) {
		found = look_at_row(look, internals_gc_next(seen), end);
		seen = end;
	}
	return found;
}

/* --- all of it */

/*
 * Objects that are not tracked need a search that takes longer. Without code that is not known none of
 * them can be observable, except those that give warnings, and Tcl's interpreters.
 */
static bool has_to_be_deep(const struct look *look)
{
	return look->shows_warnings || !look->libraries.all_known ||
	       streams_module_dict("_tkinter") != NULL;
}

/* The modules that the manifest names; none if the list is damaged. */
static struct harmless_names find_names(void)
{
	const struct pyb_reader *const reader = &used_bundle.reader;
	const struct pyb_section *const section = pyb_reader_section(reader, PYB_SECTION_HARMLESS);
	const struct pyb_bytes bytes = pyb_reader_bytes(reader, PYB_SECTION_HARMLESS);
	struct pyb_error error;

	if (section == NULL || pyb_reader_check_section(reader, section, &error) != PYB_OK)
		return (struct harmless_names){0};
	return (struct harmless_names){(const char *)bytes.data, bytes.size};
}

static void prepare(struct look *look, char *detail)
{
	char dynload[INTERNALS_FOLDER_SIZE];

	*detail = '\0';
	known_code_start();
	lookup_start();
	*look = (struct look){.detail = detail,
			      .weakref = streams_module_dict("weakref"),
			      .weakrefset = streams_module_dict("_weakrefset"),
			      .logging = streams_module_dict("logging")};
	internals_dynload_folder(dynload);
	libraries_look(&look->libraries, dynload, find_names());
	look->types.libraries = &look->libraries;
	look->types.streams = &look->streams;
	look->types.subtype_dealloc = stock_importlib.module_spec->tp_dealloc;
}

static enum observable look_at_streams(struct look *look)
{
	const char *const stream = streams_look(&look->streams);

	return stream == NULL ? OBSERVABLE_NOTHING : look_tell(look, OBSERVABLE_STREAMS, stream);
}

/* What C code keeps of this thread, which the collector need not know of if it is plain. */
static enum observable look_at_thread(struct look *look)
{
	struct search search = {.look = look, .found = OBSERVABLE_NOTHING};

	visit(PyThreadState_GetDict(), &search);
	/* From 3.13 on the running loop is no longer in that dictionary, but in the thread's state. */
	if (look->is_deep && search.found == OBSERVABLE_NOTHING)
		visit(find_running_loop(look), &search);
	return search.found;
}

enum observable observable_look(char *detail)
{
	static struct look look; /* too large for the stack; there is one look in a process */
	const internals_gc *const gc = internals_find_gc();
	enum observable found;

	prepare(&look, detail);
	found = gc == NULL ? OBSERVABLE_SETTINGS : look_at_interpreter(&look, gc);
	if (found == OBSERVABLE_NOTHING)
		found = look_at_streams(&look);
	look.is_deep = has_to_be_deep(&look);
	if (found == OBSERVABLE_NOTHING)
		found = look_at_list(&look, &gc->permanent_generation.head);
	/* The youngest come last: reading attributes makes dictionaries of them, which refer to more. */
	for (int i = NUM_GENERATIONS; i-- > 0 && found == OBSERVABLE_NOTHING;)
		found = look_at_list(&look, &gc->generations[i].head);
	if (found == OBSERVABLE_NOTHING && look.is_deep)
		found = look_at_thread(&look);
	/* A mapping closes a descriptor of a file, which it does not name: it may be that of an object. */
	if (found == OBSERVABLE_NOTHING && look.types.have_mappings && look.streams.close_any)
		found = look_tell(&look, OBSERVABLE_FILE, "mmap.mmap");
	if (found == OBSERVABLE_NOTHING && !lookup_is_whole())
		found = look_tell(&look, OBSERVABLE_SETTINGS, "names");
	return found;
}

#endif
