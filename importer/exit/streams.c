/* SPDX-License-Identifier: MIT */
#include "importer/exit/streams.h"

#include <string.h>
#include <sys/stat.h>

#include "importer/cpython/attributes.h"
#include "importer/cpython/dry_run.h"
#include "importer/cpython/known_code.h"
#include "importer/exit/lookup.h"

static const char *const type_names[STREAM_TYPES] = {
	[STREAM_TEXT] = "TextIOWrapper",    [STREAM_READER] = "BufferedReader",
	[STREAM_WRITER] = "BufferedWriter", [STREAM_RANDOM] = "BufferedRandom",
	[STREAM_FILE] = "FileIO",           [STREAM_BYTES] = "BytesIO",
	[STREAM_STRING] = "StringIO",
};

PyObject *streams_module_dict(const char *name)
{
	PyObject *const module = lookup(PyImport_GetModuleDict(), name);

	return module != NULL && PyModule_CheckExact(module) ? PyModule_GetDict(module) : NULL;
}

/* Types of module _io, whose methods no program can replace. */
static bool is_unchangeable(const PyTypeObject *type)
{
	return COMPAT_IO_HAS_STATIC_TYPES ? (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0
					  : (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) != 0;
}

static bool find_types(struct streams *streams)
{
	PyObject *const io = streams_module_dict("_io");

	for (size_t i = 0; i < STREAM_TYPES; i++) {
		PyObject *const type = io == NULL ? NULL : lookup(io, type_names[i]);
		if (type == NULL || !PyType_CheckExact(type) ||
		    !is_unchangeable((PyTypeObject *)type))
			return false;
		streams->types[i] = (PyTypeObject *)type;
	}
	return true;
}

PyObject *streams_field(PyObject *object, const char *name)
{
	PyObject *const value = PyObject_GetAttrString(object, name);

	if (value == NULL)
		PyErr_Clear();
	Py_XDECREF(value);
	return value;
}

bool streams_is_text(PyObject *object, const char *text)
{
	return object != NULL && PyUnicode_Check(object) &&
	       PyUnicode_CompareWithASCIIString(object, text) == 0;
}

static bool is_buffer(const struct streams *streams, PyObject *object)
{
	return Py_IS_TYPE(object, streams->types[STREAM_READER]) ||
	       Py_IS_TYPE(object, streams->types[STREAM_WRITER]) ||
	       Py_IS_TYPE(object, streams->types[STREAM_RANDOM]);
}

/*
 * ansible 2.14, utils/display.py: a method of a buffer that is called as before, but with a lock, which
 * no other thread holds at the end.
 */
static bool is_with_lock(PyObject *object, PyObject *name, PyObject *value)
{
	PyObject *const closure = PyFunction_Check(value) ? PyFunction_GetClosure(value) : NULL;

	if (closure == NULL || PyTuple_GET_SIZE(closure) != 2 ||
	    !known_code_is(value, streams_module_dict("ansible.utils.display"),
			   KNOWN_ANSIBLE_LOCKING))
		return false;
	PyObject *const method = PyCell_GET(PyTuple_GET_ITEM(closure, 0));
	PyObject *const lock = PyCell_GET(PyTuple_GET_ITEM(closure, 1));
	return method != NULL && lock != NULL && PyCFunction_CheckExact(method) &&
	       PyCFunction_GetSelf(method) == object &&
	       PyUnicode_CompareWithASCIIString(
		       name, ((PyCFunctionObject *)method)->m_ml->ml_name) == 0 &&
	       strcmp(Py_TYPE(lock)->tp_name, "_thread.RLock") == 0;
}

/* Whether an attribute that a stream has of its own bears on nothing that its type does. */
static bool is_idle_attribute(PyObject *object, PyObject *name, PyObject *value)
{
	if (!PyUnicode_CheckExact(name) || PyUnicode_GET_LENGTH(name) == 0)
		return false;
	return streams_is_text(name, "name") || streams_is_text(name, "mode") ||
	       (PyUnicode_READ_CHAR(name, 0) != '_' &&
		_PyType_Lookup(Py_TYPE(object), name) == NULL) ||
	       is_with_lock(object, name, value);
}

bool streams_are_unchanged(PyObject *object)
{
	PyObject *const *const dict = _PyObject_GetDictPtr(object);
	PyObject *name, *value;
	Py_ssize_t at = 0;

	while (dict != NULL && *dict != NULL && PyDict_Next(*dict, &at, &name, &value))
		if (!is_idle_attribute(object, name, value))
			return false;
	return true;
}

/* Remember the stream and what is below it, if it is as the interpreter makes them. */
static bool add_stream(struct streams *streams, PyObject *text)
{
	PyObject *buffer, *file;

	if (text == NULL || !Py_IS_TYPE(text, streams->types[STREAM_TEXT]))
		return false;
	buffer = streams_field(text, "buffer");
	if (buffer == NULL)
		return false;
	file = is_buffer(streams, buffer) ? streams_field(buffer, "raw") : buffer;
	if (file == NULL || !Py_IS_TYPE(file, streams->types[STREAM_FILE]) ||
	    !streams_are_unchanged(text) || !streams_are_unchanged(buffer) ||
	    !streams_are_unchanged(file))
		return false;
	streams->objects[streams->count++] = text;
	streams->objects[streams->count++] = buffer;
	streams->objects[streams->count++] = file;
	return true;
}

/*
 * Text that a stream holds back is what its fields refer to, beside their names and the newline,
 * as bytes, a string or a list of these.
 */
struct held {
	const PyObject *encoding, *errors;
	int newlines;
	bool text;
};

static bool is_newline(PyObject *object)
{
	return PyUnicode_CompareWithASCIIString(object, "") == 0 ||
	       PyUnicode_CompareWithASCIIString(object, "\n") == 0 ||
	       PyUnicode_CompareWithASCIIString(object, "\r") == 0 ||
	       PyUnicode_CompareWithASCIIString(object, "\r\n") == 0;
}

static int visit_field(PyObject *object, void *data)
{
	struct held *const held = data;

	if (PyBytes_Check(object) || PyList_Check(object))
		held->text = true;
	if (!PyUnicode_Check(object) || object == held->encoding || object == held->errors)
		return 0;
	if (is_newline(object))
		held->newlines++;
	else
		held->text = true;
	return 0;
}

static bool holds_text(PyObject *stream)
{
	struct held held = {.encoding = streams_field(stream, "encoding"),
			    .errors = streams_field(stream, "errors")};

	Py_TYPE(stream)->tp_traverse(stream, visit_field, &held);
	return held.text || held.newlines > 1;
}

/* attributes_find() or attributes_find_own() of a name in C. */
static enum attribute find_by_name(enum attribute (*find)(PyObject *, PyObject *, PyObject **),
				   PyObject *object, const char *name, PyObject **value)
{
	PyObject *const text = PyUnicode_InternFromString(name);
	const enum attribute found = text == NULL ? ATTRIBUTE_UNKNOWN : find(object, text, value);

	Py_XDECREF(text);
	PyErr_Clear();
	return found;
}

/* The function in Python behind a property, or NULL; borrowed. */
static PyObject *find_getter(PyObject *property)
{
	return property != NULL && Py_IS_TYPE(property, &PyProperty_Type)
		       ? streams_field(property, "fget")
		       : NULL;
}

/*
 * colorama 0.4, ansitowin32.py: a wrapper, which Django has too if it is there, that passes on to a standard
 * stream whether it is closed, and that it is to be flushed.
 */
static bool is_of_colorama(const struct streams *streams, PyObject *stream)
{
	PyObject *const module = streams_module_dict("colorama.ansitowin32");
	PyObject *const type = module == NULL ? NULL : lookup(module, "StreamWrapper");
	PyObject *const dict = Py_TYPE(stream)->tp_dict;
	PyObject *wrapped, *flush;

	if (type != (PyObject *)Py_TYPE(stream))
		return false;
	PyObject *const get = lookup(dict, "__getattr__");
	PyObject *const closed = find_getter(lookup(dict, "closed"));
	return get != NULL && known_code_is(get, module, KNOWN_COLORAMA_GETATTR) &&
	       closed != NULL && known_code_is(closed, module, KNOWN_COLORAMA_CLOSED) &&
	       lookup(dict, "flush") == NULL &&
	       find_by_name(attributes_find_own, stream, "flush", &flush) == ATTRIBUTE_MISSING &&
	       find_by_name(attributes_find_own, stream, "_StreamWrapper__wrapped", &wrapped) ==
		       ATTRIBUTE_VALUE &&
	       Py_IS_TYPE(wrapped, streams->types[STREAM_TEXT]) && streams_have(streams, wrapped);
}

/*
 * Finalization asks an output stream whether it is closed, and flushes it. This comes after the look, so no
 * code may run that makes other objects, or changes what was looked at.
 */
static bool is_flushed_idly(PyObject *stream)
{
	PyObject *closed, *flush;
	const enum attribute found = find_by_name(attributes_find, stream, "closed", &closed);

	return (found == ATTRIBUTE_MISSING ||
		(found == ATTRIBUTE_VALUE && (closed == Py_True || closed == Py_False))) &&
	       find_by_name(attributes_find, stream, "flush", &flush) == ATTRIBUTE_METHOD &&
	       dry_run_does_nothing(flush, stream);
}

/*
 * A stream that stands in for one of the interpreter's. A second wrapper of the same buffer must not
 * come before the first one with what that holds back. Objects of other types are flushed, and are
 * then no different from others.
 */
static bool is_harmless_substitute(struct streams *streams, PyObject *stream, PyObject *original,
				   bool is_output)
{
	if (stream == Py_None)
		return true;
	if (!Py_IS_TYPE(stream, streams->types[STREAM_TEXT]))
		return !is_output ||
		       (streams_are_in_memory(streams, Py_TYPE(stream)) &&
			streams_are_unchanged(stream)) ||
		       is_flushed_idly(stream) || is_of_colorama(streams, stream);
	return original != Py_None && add_stream(streams, stream) && !holds_text(original) &&
	       streams_field(stream, "buffer") == streams_field(original, "buffer");
}

const char *streams_look(struct streams *streams)
{
	static const char *const current[] = {"stdin", "stdout", "stderr"};
	static const char *const originals[] = {"__stdin__", "__stdout__", "__stderr__"};

	if (!find_types(streams))
		return "_io";
	for (size_t i = 0; i < 3; i++) {
		PyObject *const stream = PySys_GetObject(current[i]);
		PyObject *const original = PySys_GetObject(originals[i]);
		if (stream == NULL || original == NULL ||
		    (original != Py_None && !add_stream(streams, original)) ||
		    (stream != original &&
		     !is_harmless_substitute(streams, stream, original, i > 0)))
			return current[i];
	}
	return NULL;
}

bool streams_is_closed(const struct streams *streams, PyObject *object)
{
	if (Py_IS_TYPE(object, streams->types[STREAM_TEXT])) {
		object = streams_field(object, "buffer");
		if (object == NULL)
			return false;
	}
	if (is_buffer(streams, object)) {
		object = streams_field(object, "raw");
		if (object == NULL)
			return false;
	}
	return (Py_IS_TYPE(object, streams->types[STREAM_FILE]) ||
		Py_IS_TYPE(object, streams->types[STREAM_BYTES])) &&
	       streams_field(object, "closed") == Py_True;
}

static bool has_plain(PyObject *stream, const char *attribute)
{
	PyObject *const value = PyObject_GetAttrString(stream, attribute);
	const bool is_plain = value == NULL || PyUnicode_CheckExact(value) ||
			      PyBytes_CheckExact(value) || PyLong_CheckExact(value);

	PyErr_Clear();
	Py_XDECREF(value);
	return is_plain;
}

/* Name and mode are put into the warning, whether that is shown or not. What is below the stream is io's own. */
static bool is_plainly_named(PyObject *stream)
{
	return has_plain(stream, "name") && has_plain(stream, "mode");
}

/*
 * Whether the descriptor is open, and no object but files and mappings closes one of its kind: that a socket, a
 * folder that is listed, or what epoll or the like has opened, may close it before the file does.
 */
static bool is_closed_as_file(int descriptor)
{
	struct stat status;

	return fstat(descriptor, &status) == 0 &&
	       (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ||
		S_ISFIFO(status.st_mode));
}

/*
 * Whether closing the file gives no error that is told: its descriptor is open, and no file that is closed before
 * it has the same one.
 */
static bool closes_without_error(struct streams *streams, PyObject *file)
{
	if (!COMPAT_TELLS_ERRORS_OF_CLOSING || streams_field(file, "closefd") == Py_False)
		return true;
	const int descriptor = PyObject_AsFileDescriptor(file);
	if (descriptor < 0)
		PyErr_Clear();
	if (descriptor < 0 || descriptor >= STREAM_DESCRIPTORS || streams->closing[descriptor] ||
	    !is_closed_as_file(descriptor))
		return false;
	streams->closing[descriptor] = true;
	streams->close_any = true;
	return true;
}

/*
 * In a file that is written to there may be something left, which depends on the order of destruction
 * whether it is written.
 */
bool streams_only_close(struct streams *streams, PyObject *file)
{
	PyObject *object = file;

	if (Py_IS_TYPE(object, streams->types[STREAM_TEXT]) && streams_are_unchanged(object)) {
		object = streams_field(object, "buffer");
		if (object == NULL || Py_IS_TYPE(object, streams->types[STREAM_FILE]))
			return false;
	}
	if (Py_IS_TYPE(object, streams->types[STREAM_READER]) && streams_are_unchanged(object)) {
		object = streams_field(object, "raw");
		if (object == NULL)
			return false;
	}
	return streams_are_unchanged(object) &&
	       (Py_IS_TYPE(object, streams->types[STREAM_BYTES]) ||
		(Py_IS_TYPE(object, streams->types[STREAM_FILE]) && is_plainly_named(object) &&
		 (object != file || closes_without_error(streams, object)))) &&
	       (!Py_IS_TYPE(file, streams->types[STREAM_TEXT]) || is_plainly_named(file));
}

bool streams_have(const struct streams *streams, const PyObject *object)
{
	for (int i = 0; i < streams->count; i++)
		if (object == streams->objects[i])
			return true;
	return false;
}

bool streams_are_files(const struct streams *streams, const PyTypeObject *type)
{
	for (int i = 0; i < STREAM_CLOSABLE; i++)
		if (type == streams->types[i])
			return true;
	return false;
}

bool streams_are_in_memory(const struct streams *streams, const PyTypeObject *type)
{
	return type == streams->types[STREAM_BYTES] || type == streams->types[STREAM_STRING];
}
