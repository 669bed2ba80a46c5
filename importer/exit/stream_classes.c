/* SPDX-License-Identifier: MIT */
#include "importer/exit/stream_classes.h"

#include "importer/cpython/attributes.h"
#include "importer/cpython/dry_run.h"
#include "importer/cpython/known_code.h"
#include "importer/exit/lookup.h"

#if COMPAT_KNOWN_FINALIZATION

/*
 * What the finalizer asks for, and calls (CPython 3.11: Modules/_io/iobase.c, iobase_finalize()): it sees
 * whether the stream is closed, sets an attribute, and closes it, which flushes it. Errors are hidden.
 */
struct stream {
	PyObject *object;
	PyObject *closed, *close,
		*flush;     /* what the class has under these names; borrowed, or NULL */
	PyTypeObject *base; /* the class that it is derived from, in C */
};

static PyObject *find_in_class(PyTypeObject *type, const char *name)
{
	PyObject *const text = PyUnicode_InternFromString(name);
	PyObject *const found = text == NULL ? NULL : _PyType_Lookup(type, text);

	Py_XDECREF(text);
	PyErr_Clear();
	return found;
}

static PyTypeObject *find_type(const char *name)
{
	PyObject *const io = streams_module_dict("_io");
	PyObject *const type = io == NULL ? NULL : lookup(io, name);

	return type != NULL && PyType_Check(type) ? (PyTypeObject *)type : NULL;
}

static bool is_in_memory(const struct look *look, const struct stream *stream)
{
	return streams_are_in_memory(&look->streams, stream->base);
}

/* Those that have a file below them are destroyed in other ways. */
static bool find_stream(const struct look *look, PyObject *object, struct stream *stream)
{
	static const char *const bases[] = {"_IOBase", "_RawIOBase", "_BufferedIOBase",
					    "_TextIOBase"};
	PyTypeObject *type = Py_TYPE(object);
	const PyTypeObject *const root = find_type(bases[0]);

	*stream = (struct stream){.object = object,
				  .closed = find_in_class(type, "closed"),
				  .close = find_in_class(type, "close"),
				  .flush = find_in_class(type, "flush")};
	if (root == NULL || type->tp_finalize != root->tp_finalize)
		return false;
	while (types_is_class(&look->types, type) && type->tp_base != NULL)
		type = type->tp_base;
	stream->base = type;
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		if (type == find_type(bases[i]))
			return true;
	return is_in_memory(look, stream);
}

static enum attribute find_own(const struct stream *stream, const char *name)
{
	PyObject *const text = PyUnicode_InternFromString(name);
	PyObject *value;
	const enum attribute found = text == NULL
					     ? ATTRIBUTE_UNKNOWN
					     : attributes_find_own(stream->object, text, &value);

	Py_XDECREF(text);
	PyErr_Clear();
	return found;
}

/* Whether the attribute that closing sets is no more than that. */
static bool has_plain_mark(const struct stream *stream)
{
	return find_in_class(Py_TYPE(stream->object), "__IOBase_closed") == NULL;
}

/* Whether it says that it is closed, by an attribute that closing sets or by what the class has instead. */
static bool is_closed(const struct stream *stream)
{
	PyObject *const name = PyUnicode_InternFromString("closed");
	bool closed = false;

	if (stream->closed != NULL && stream->closed == find_in_class(stream->base, "closed"))
		closed = has_plain_mark(stream) &&
			 find_own(stream, "__IOBase_closed") == ATTRIBUTE_VALUE;
	else if (name != NULL)
		closed = dry_run_is_true(stream->object, name);
	Py_XDECREF(name);
	PyErr_Clear();
	return closed;
}

/*
 * What super() gives a method for this name, if it is that of the class that `method` is from: the next one in
 * the order in which the object's classes are asked. Borrowed, or NULL.
 */
static PyObject *find_behind(const struct stream *stream, PyObject *method, const char *name)
{
	PyObject *const order = Py_TYPE(stream->object)->tp_mro;
	bool is_behind = false;

	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(order); i++) {
		PyObject *const dict = ((PyTypeObject *)PyTuple_GET_ITEM(order, i))->tp_dict;
		PyObject *const found = dict == NULL ? NULL : lookup(dict, name);
		if (found != NULL && is_behind)
			return found;
		is_behind |= found == method;
	}
	return NULL;
}

/* http/client.py: a response that was read to the end has nothing below it any more, and leaves the rest to io. */
static bool is_finished_response(const struct stream *stream)
{
	PyObject *const http = streams_module_dict("http.client");
	PyObject *const name = PyUnicode_InternFromString("fp");
	PyObject *file = NULL;
	const bool is_known = stream->close != NULL && stream->flush != NULL && name != NULL &&
			      known_code_is(stream->close, http, KNOWN_RESPONSE_CLOSE) &&
			      known_code_is(stream->flush, http, KNOWN_RESPONSE_FLUSH) &&
			      find_behind(stream, stream->close, "close") ==
				      find_in_class(stream->base, "close") &&
			      find_behind(stream, stream->flush, "flush") ==
				      find_in_class(stream->base, "flush") &&
			      attributes_find(stream->object, name, &file) == ATTRIBUTE_VALUE;

	Py_XDECREF(name);
	PyErr_Clear();
	return is_known && file == Py_None;
}

/* Whether closing it is what io does, which needs no more than the object. */
static bool closes_nothing(const struct look *look, const struct stream *stream)
{
	const bool is_ios = stream->close == find_in_class(stream->base, "close") &&
			    (is_in_memory(look, stream) ||
			     stream->flush == find_in_class(stream->base, "flush"));

	return stream->close != NULL && stream->flush != NULL &&
	       (is_ios || is_finished_response(stream)) &&
	       attributes_are_set_plainly(Py_TYPE(stream->object)) &&
	       find_in_class(Py_TYPE(stream->object), "__getattr__") == NULL &&
	       find_in_class(Py_TYPE(stream->object), "_finalizing") == NULL &&
	       has_plain_mark(stream) && stream->closed == find_in_class(stream->base, "closed") &&
	       find_own(stream, "close") == ATTRIBUTE_MISSING &&
	       find_own(stream, "flush") == ATTRIBUTE_MISSING;
}

bool stream_classes_do_nothing(const struct look *look, PyObject *object)
{
	struct stream stream;

	return find_stream(look, object, &stream) &&
	       (is_closed(&stream) || closes_nothing(look, &stream));
}

#endif
