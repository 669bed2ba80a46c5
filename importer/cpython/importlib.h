/* SPDX-License-Identifier: MIT */
/* The parts of importlib that the importer calls, watches or stands in for. */
#ifndef IMPORTER_CPYTHON_IMPORTLIB_H
#define IMPORTER_CPYTHON_IMPORTLIB_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "importer/cpython/importlib_changes.h"
#include "importer/cpython/intercept.h"

/* Functions of importlib that are called, or whose names and lines appear in frames. */
enum importlib_function {
	IMPORTLIB_FIND_AND_LOAD,
	IMPORTLIB_FIND_AND_LOAD_UNLOCKED, /* stock's way for whatever we do not serve */
	IMPORTLIB_FIND_SPEC,
	IMPORTLIB_LOAD_UNLOCKED,
	IMPORTLIB_CALL_WITH_FRAMES_REMOVED,
	/* there when PHASE_READY is reached */
	IMPORTLIB_EXEC_MODULE,       /* of SourceFileLoader */
	IMPORTLIB_FIND_SPEC_ON_PATH, /* PathFinder.find_spec's function */
	IMPORTLIB_GET_SPEC,          /* PathFinder._get_spec's function */
	IMPORTLIB_FUNCTION_COUNT
};

/* All references are owned and live as long as the process. */
struct importlib {
	/* _frozen_importlib, at hand from the beginning */
	PyObject *functions[IMPORTLIB_FUNCTION_COUNT];
	PyObject *get_module_lock;
	PyObject *lock_manager;       /* _ModuleLockManager; NULL unless COMPAT_LOCKS_PARENTS */
	PyObject *chain_lock_manager; /* _HierarchicalLockManager, for submodules; the same */
	PyObject *imp_dict;           /* of _imp, as the three that follow */
	PyObject *acquire_import_lock, *release_import_lock;
	PyObject *fix_file_name;
	PyObject *builtin_importer, *frozen_importer;
	PyTypeObject *module_spec;
	PyObject *sys_dict;
	PyObject *builtins;
	PyObject *setattr;  /* of builtins */
	PyObject *warn;     /* of _warnings */
	PyObject *get_tool; /* of sys.monitoring; NULL if there is none */

	/* _frozen_importlib_external, there when PHASE_READY is reached */
	PyObject *get_spec;         /* PathFinder._get_spec's function */
	PyObject *get_entry_finder; /* PathFinder._path_importer_cache */
	PyObject *get_code;         /* SourceLoader.get_code */
	PyObject *spec_from_file_location;
	PyObject *finder_loaders;   /* _loaders of the finders that it makes */
	PyObject *file_finder_hook; /* importlib's own entry of sys.path_hooks, or NULL */
	PyObject *path_finder;
	PyTypeObject *source_loader, *extension_loader, *file_finder, *namespace_path;

	bool plain_spec; /* ModuleSpec.__init__ sets what we know it to set */
	struct importlib_changes changes;
	struct {
		struct intercepted find_and_load, get_spec, get_code;
	} stood_in; /* where the importer stands in */
};

/* The importlib of the main interpreter. It is written under that one's GIL. */
extern struct importlib stock_importlib;

/*
 * Fetch what exists while _frozen_importlib_external is not there yet.
 * Returns 0, or -1 with an exception set.
 */
int importlib_init_early(struct importlib *importlib);

/* Fetch the rest. Returns 1; 0 if importlib is not complete yet; -1 with an exception set. */
int importlib_init_external(struct importlib *importlib);

/* Whether somebody watches functions being called: a tracer, a profiler, a tool of sys.monitoring. */
bool importlib_is_observed(const struct importlib *importlib);

/* An attribute of sys; borrowed, or NULL without an exception. `name` is an interned string. */
PyObject *importlib_sys(const struct importlib *importlib, PyObject *name);

#endif
