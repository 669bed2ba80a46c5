/* SPDX-License-Identifier: MIT */
/*
 * Noticing that a program has changed importlib: classes, functions, and the settings that importlib
 * reads at each import. Only what bears on finding and loading modules counts. All functions need the
 * GIL.
 */
#ifndef IMPORTER_CPYTHON_IMPORTLIB_CHANGES_H
#define IMPORTER_CPYTHON_IMPORTLIB_CHANGES_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "importer/cpython/watched_functions.h"

struct importlib;

enum {
	WATCHED_CLASSES = 5,
	WATCHED_GLOBALS = 2,
	WATCHED_SUFFIXES = 3,
	CHANGE_TEXT_SIZE = 120,
};

/* A class, to notice when one of its attributes, or of its bases', is replaced. */
struct watched_class {
	PyTypeObject *type;   /* NULL: it is not watched */
	unsigned int version; /* the type's version tag when its attributes were last compared */
	PyObject *known;      /* dict: its attributes, inherited ones among them; owned */
};

/* The globals of a module, likewise. */
struct watched_globals {
	PyObject *dict;
	PyObject *known; /* a copy */
	uint64_t version;
};

/* A list that importlib makes finders with. */
struct watched_list {
	const char *name;
	PyObject *list;
	PyObject *known; /* tuple: a copy */
};

/* All references are owned and live as long as the process. */
struct importlib_changes {
	struct watched_class classes[WATCHED_CLASSES];
	struct watched_class builtin_importer, frozen_importer;
	struct watched_class zipimporter; /* there as soon as zipimport has been imported */
	struct watched_globals globals[WATCHED_GLOBALS];
	struct watched_functions functions; /* of these classes and modules */
	struct watched_list suffixes[WATCHED_SUFFIXES];
	PyObject *implementation, *cache_tag, *flags, *hash_checks; /* sys, _imp; or NULL */
	unsigned int namespace_version;
	char text[CHANGE_TEXT_SIZE]; /* what was found to be changed last */
};

/*
 * Remember how importlib and its settings are now. Returns 0, or -1, perhaps with an exception set.
 */
int importlib_watch(struct importlib *importlib);

/* Whether they are as they were. If not, importlib->changes.text tells what is not. */
bool importlib_is_pristine(struct importlib *importlib);

/* Whether an entry of sys.meta_path is BuiltinImporter or FrozenImporter as the interpreter has it. */
bool importlib_is_stock_finder(struct importlib *importlib, PyObject *finder);

/* Whether an entry of sys.path_hooks is zipimport.zipimporter as the interpreter has it. */
bool importlib_is_zipimporter(struct importlib *importlib, PyObject *hook);

/* Whether importlib.invalidate_caches() ran since this was last asked. */
bool importlib_was_invalidated(struct importlib *importlib);

#endif
