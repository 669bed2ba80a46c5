/* SPDX-License-Identifier: MIT */
/* sys.stdin, sys.stdout and sys.stderr, as far as finalization has to do with them. */
#ifndef IMPORTER_EXIT_STREAMS_H
#define IMPORTER_EXIT_STREAMS_H

#include "importer/cpython/compat.h"

enum stream_type {
	STREAM_TEXT,
	STREAM_READER,
	STREAM_WRITER,
	STREAM_RANDOM,
	STREAM_FILE,
	STREAM_CLOSABLE, /* the number of those that have a file below them */
	STREAM_BYTES = STREAM_CLOSABLE,
	STREAM_STRING,
	STREAM_TYPES
};

enum {
	STREAM_OBJECTS = 18, /* three streams, and what replaces them: text, buffer and file */
	STREAM_DESCRIPTORS = 1024,
};

struct streams {
	PyTypeObject *types[STREAM_TYPES]; /* the io module's; borrowed */
	PyObject *objects[STREAM_OBJECTS]; /* what the standard streams consist of; borrowed */
	int count;
	/* Descriptors of files that are closed, if an error of that would be told; and whether there are such. */
	bool closing[STREAM_DESCRIPTORS];
	bool close_any;
};

/*
 * Look at the standard streams. Returns NULL if they are such that flushing them, as finalization
 * does, leaves nothing to be written; otherwise the name of the first one that is not. Runs no Python
 * code and sets no exception. All functions need the GIL.
 */
const char *streams_look(struct streams *streams);

/* Whether the object is one of them, or a part of one. */
bool streams_have(const struct streams *streams, const PyObject *object);

/* Whether instances of exactly this type are files, or have one below them; not so in memory. */
bool streams_are_files(const struct streams *streams, const PyTypeObject *type);
bool streams_are_in_memory(const struct streams *streams, const PyTypeObject *type);

/* Whether a stream has no attributes of its own that might stand for its type's methods. */
bool streams_are_unchanged(PyObject *object);

/* Whether such a file is closed. Runs no Python code and sets no exception. */
bool streams_is_closed(const struct streams *streams, PyObject *file);

/*
 * Whether destroying such a file, if it is open, closes it and does nothing else but warn: a file to be read,
 * one without a buffer, or one in memory. To be asked once of each. Runs no Python code and sets no exception.
 */
bool streams_only_close(struct streams *streams, PyObject *file);

/* A module's dictionary; borrowed. NULL, with no exception set, if it was not imported. */
PyObject *streams_module_dict(const char *name);

/* An attribute that the object itself refers to; borrowed. NULL, with no exception set, if not. */
PyObject *streams_field(PyObject *object, const char *name);

/* Whether the object, which may be NULL, is this string. */
bool streams_is_text(PyObject *object, const char *text);

#endif
