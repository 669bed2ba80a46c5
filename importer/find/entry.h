/* SPDX-License-Identifier: MIT */
/* An entry of a search path, and the finder that importlib's path finder asks about it. */
#ifndef IMPORTER_FIND_ENTRY_H
#define IMPORTER_FIND_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/cpython/compat.h"

/* What is searched for, and from where importlib asks. */
struct question {
	PyObject *name;      /* of the module */
	PyObject *target;    /* None, or the module that is reloaded */
	bool in_path_finder; /* PathFinder.find_spec() is running, and holds the import lock */
};

/* Whom importlib asks about an entry for which it has no finder yet. */
enum path_hooks {
	PATH_HOOKS_PLAIN,    /* zipimporter and the hook for folders */
	PATH_HOOKS_APPENDED, /* others as well, which get what these two do not take */
	PATH_HOOKS_FOREIGN,  /* others come first */
};

/* Of sys.path_hooks as it is now. */
enum path_hooks entry_path_hooks(void);

struct path_entry {
	PyObject *object; /* borrowed */
	const char *text; /* as the bytes of the file system */
	size_t size;
	PyObject *holder; /* keeps the text alive; owned, or NULL */
	char *cwd;        /* the same */
	PyObject *finder; /* as sys.path_importer_cache has it; owned, or NULL: it has none */
};

enum entry_kind {
	ENTRY_FOLDER,  /* a FileFinder of importlib's own answers, or will if it is a folder */
	ENTRY_NOBODY,  /* no finder knows what to do with it */
	ENTRY_FOREIGN, /* only entry_ask() tells */
	ENTRY_ERROR,   /* an exception is set */
};

/*
 * Look at an entry of the path. With PATH_HOOKS_FOREIGN its finder is made, as importlib makes it.
 * entry_close() is to follow in any case.
 */
enum entry_kind entry_open(struct path_entry *entry, PyObject *object, enum path_hooks hooks,
			   const struct question *question);
void entry_close(struct path_entry *entry);

enum answer {
	ANSWER_NOTHING,
	ANSWER_FOUND,   /* *spec is a new reference to a spec with a loader */
	ANSWER_PORTION, /* a part of a namespace package */
	ANSWER_UNKNOWN, /* the finder is of an old kind */
	ANSWER_ERROR,   /* an exception is set */
};

/* Ask the finder of the entry, which is made if need be, as PathFinder._get_spec() does. */
enum answer entry_ask(const struct path_entry *entry, const struct question *question,
		      PyObject **spec);

#endif
