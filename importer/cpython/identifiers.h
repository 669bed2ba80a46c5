/* SPDX-License-Identifier: MIT */
/* The attribute and key names that the importer uses, interned once. */
#ifndef IMPORTER_CPYTHON_IDENTIFIERS_H
#define IMPORTER_CPYTHON_IDENTIFIERS_H

#include "importer/cpython/compat.h"

/* NAME(field, text): the attributes of ModuleSpec come first, in the order that __init__ sets. */
#define PYSTART_SPEC_IDENTIFIERS(NAME)                                 \
	NAME(name, "name")                                             \
	NAME(loader, "loader")                                         \
	NAME(origin, "origin")                                         \
	NAME(loader_state, "loader_state")                             \
	NAME(submodule_search_locations, "submodule_search_locations") \
	NAME(uninitialized_submodules, "_uninitialized_submodules")    \
	NAME(set_fileattr, "_set_fileattr")                            \
	NAME(cached, "_cached")

#define PYSTART_IDENTIFIERS(NAME)                            \
	PYSTART_SPEC_IDENTIFIERS(NAME)                       \
	NAME(initializing, "_initializing")                  \
	NAME(path, "path")                                   \
	NAME(modules, "modules")                             \
	NAME(meta_path, "meta_path")                         \
	NAME(path_hooks, "path_hooks")                       \
	NAME(path_importer_cache, "path_importer_cache")     \
	NAME(pycache_prefix, "pycache_prefix")               \
	NAME(implementation, "implementation")               \
	NAME(cache_tag, "cache_tag")                         \
	NAME(flags, "flags")                                 \
	NAME(check_hash_based_pycs, "check_hash_based_pycs") \
	NAME(find_spec, "find_spec")                         \
	NAME(acquire, "acquire")                             \
	NAME(release, "release")                             \
	NAME(enter, "__enter__")                             \
	NAME(leave, "__exit__")                              \
	NAME(set_lazy_attributes, "_set_lazy_attributes")    \
	NAME(re_compiler, "re._compiler")                    \
	NAME(exec, "exec")                                   \
	NAME(loaders, "_loaders")                            \
	NAME(dunder_builtins, "__builtins__")                \
	NAME(dunder_cached, "__cached__")                    \
	NAME(dunder_file, "__file__")                        \
	NAME(dunder_loader, "__loader__")                    \
	NAME(dunder_package, "__package__")                  \
	NAME(dunder_path, "__path__")                        \
	NAME(dunder_spec, "__spec__")                        \
	NAME(empty, "")

struct identifiers {
	PyObject *nothing; /* an empty tuple */
#define PYSTART_DECLARE_IDENTIFIER(field, text) PyObject *field;
	PYSTART_IDENTIFIERS(PYSTART_DECLARE_IDENTIFIER)
#undef PYSTART_DECLARE_IDENTIFIER
};

/* Intern all names. Returns 0, or -1 with an exception set. Needs the GIL. */
int identifiers_init(void);

/* They are written by identifiers_init() only. */
extern struct identifiers identifiers;

#endif
