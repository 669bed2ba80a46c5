/* SPDX-License-Identifier: MIT */
/* The parts of importlib that the importer calls, watches or stands in for. */
#ifndef PYSTART_IMPORTLIB_H
#define PYSTART_IMPORTLIB_H

#include <stdbool.h>

#include "importer/compat.h"

enum { WATCHED_TYPES = 6 };

/* All references are owned and live as long as the process. */
struct importlib {
	/* _frozen_importlib, at hand from the beginning */
	PyObject *find_and_load;          /* the function that ours stands in for */
	PyObject *find_and_load_unlocked; /* stock's way for whatever we do not serve */
	PyObject *load_unlocked;
	PyObject *get_module_lock;
	PyObject *acquire_import_lock, *release_import_lock; /* _imp */
	PyObject *builtin_importer, *frozen_importer;
	PyTypeObject *module_spec;
	PyObject *sys_dict;
	PyObject *builtins;

	/* _frozen_importlib_external, there when PHASE_READY is reached */
	PyObject *get_spec; /* PathFinder._get_spec's function, which ours stands in for */
	PyObject *get_code; /* SourceLoader.get_code, likewise */
	PyObject *spec_from_file_location;
	PyObject *file_finder_hook_code; /* code object of the closure in sys.path_hooks */
	PyObject *path_finder;
	PyTypeObject *source_loader, *extension_loader, *file_finder, *namespace_path;

	/* Version tags: if one has changed, somebody has changed importlib. */
	const PyTypeObject *watched[WATCHED_TYPES];
	unsigned int versions[WATCHED_TYPES];
	unsigned int namespace_version;
	bool plain_spec; /* ModuleSpec.__init__ sets what we know it to set */
};

/*
 * Fetch what exists while _frozen_importlib_external is not there yet.
 * Returns 0, or -1 with an exception set.
 */
int importlib_init_early(struct importlib *importlib);

/* Fetch the rest. Returns 1; 0 if importlib is not complete yet; -1 with an exception set. */
int importlib_init_external(struct importlib *importlib);

/* Remember the watched types as they are now, after our own changes. */
void importlib_watch(struct importlib *importlib);

/* Whether the watched types are as they were. */
bool importlib_is_pristine(const struct importlib *importlib);

/* Whether importlib.invalidate_caches() ran since this was last asked. */
bool importlib_was_invalidated(struct importlib *importlib);

/* An attribute of sys; borrowed, or NULL without an exception. `name` is an interned string. */
PyObject *importlib_sys(const struct importlib *importlib, PyObject *name);

/* Whether sys.path_hooks holds importlib's own hooks and no other. */
bool importlib_has_plain_path_hooks(const struct importlib *importlib);

#endif
