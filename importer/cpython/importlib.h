/* SPDX-License-Identifier: MIT */
/* The parts of importlib that the importer calls, watches or stands in for. */
#ifndef IMPORTER_CPYTHON_IMPORTLIB_H
#define IMPORTER_CPYTHON_IMPORTLIB_H

#include <stdbool.h>

#include "importer/cpython/compat.h"

enum { WATCHED_TYPES = 6 };

/* Functions of importlib that are called, or whose names and lines appear in frames. */
enum importlib_function {
	IMPORTLIB_FIND_AND_LOAD,
	IMPORTLIB_FIND_AND_LOAD_UNLOCKED, /* stock's way for whatever we do not serve */
	IMPORTLIB_FIND_SPEC,
	IMPORTLIB_LOAD_UNLOCKED,
	IMPORTLIB_CALL_WITH_FRAMES_REMOVED,
	IMPORTLIB_EXEC_MODULE, /* of SourceFileLoader, there when PHASE_READY is reached */
	IMPORTLIB_FUNCTION_COUNT
};

/* The globals of a module, to notice when one of them is replaced. */
struct watched_globals {
	PyObject *dict;
	PyObject *known; /* a copy */
	uint64_t version;
};

/* All references are owned and live as long as the process. */
struct importlib {
	/* _frozen_importlib, at hand from the beginning */
	PyObject *functions[IMPORTLIB_FUNCTION_COUNT];
	PyObject *get_module_lock;
	PyObject *acquire_import_lock, *release_import_lock; /* _imp */
	PyObject *builtin_importer, *frozen_importer;
	PyTypeObject *module_spec;
	PyObject *sys_dict;
	PyObject *builtins;
	PyObject *setattr;  /* of builtins */
	PyObject *warn;     /* of _warnings */
	PyObject *get_tool; /* of sys.monitoring; NULL if there is none */

	/* _frozen_importlib_external, there when PHASE_READY is reached */
	PyObject *get_spec; /* PathFinder._get_spec's function */
	PyObject *get_code; /* SourceLoader.get_code */
	PyObject *spec_from_file_location;
	PyObject *finder_loaders;   /* _loaders of the finders that it makes */
	PyObject *file_finder_hook; /* importlib's own entry of sys.path_hooks, or NULL */
	PyObject *path_finder;
	PyTypeObject *source_loader, *extension_loader, *file_finder, *namespace_path;

	/* Version tags: if one has changed, somebody has changed importlib. */
	const PyTypeObject *watched[WATCHED_TYPES];
	unsigned int versions[WATCHED_TYPES];
	unsigned int namespace_version;
	struct watched_globals globals[2]; /* of _frozen_importlib and _frozen_importlib_external */
	bool plain_spec;                   /* ModuleSpec.__init__ sets what we know it to set */
};

/*
 * Fetch what exists while _frozen_importlib_external is not there yet.
 * Returns 0, or -1 with an exception set.
 */
int importlib_init_early(struct importlib *importlib);

/* Fetch the rest. Returns 1; 0 if importlib is not complete yet; -1 with an exception set. */
int importlib_init_external(struct importlib *importlib);

/*
 * Remember the watched types and globals as they are now. Returns 0, or -1 with an exception set.
 */
int importlib_watch(struct importlib *importlib);

/* Whether the watched types and globals are as they were. */
bool importlib_is_pristine(struct importlib *importlib);

/* Whether somebody watches functions being called: a tracer, a profiler, a tool of sys.monitoring. */
bool importlib_is_observed(const struct importlib *importlib);

/* Whether importlib.invalidate_caches() ran since this was last asked. */
bool importlib_was_invalidated(struct importlib *importlib);

/* An attribute of sys; borrowed, or NULL without an exception. `name` is an interned string. */
PyObject *importlib_sys(const struct importlib *importlib, PyObject *name);

/* Whether sys.path_hooks holds importlib's own hook, perhaps zipimporter, and no other. */
bool importlib_has_plain_path_hooks(const struct importlib *importlib);

/* Whether an entry of sys.path_importer_cache is what importlib's own hook makes of a folder. */
bool importlib_is_plain_finder(const struct importlib *importlib, PyObject *finder);

#endif
