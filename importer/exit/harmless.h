/* SPDX-License-Identifier: MIT */
/*
 * Extension modules that are not Python's own and that are known to do nothing but free memory when
 * their objects are destroyed: those of a table, whose sources were read, and those that the manifest
 * names.
 */
#ifndef IMPORTER_EXIT_HARMLESS_H
#define IMPORTER_EXIT_HARMLESS_H

#include <stdbool.h>
#include <stddef.h>

/* Names of modules, each with a NUL behind it, as the section EXIT of a bundle has them. */
struct harmless_names {
	const char *text;
	size_t size;
};

/*
 * Whether the shared object with this path is such a module, or belongs to such a package. A module of
 * the table has to be installed where installers put modules; one of the manifest may be anywhere.
 */
bool harmless_has(struct harmless_names names, const char *path);

/*
 * Of the modules of the table: whether a type with this name does more than free memory, and whether one
 * that the collector does not know refers to nothing but what it knows.
 */
bool harmless_is_active(const char *name);
bool harmless_is_atom(const char *name);

#endif
