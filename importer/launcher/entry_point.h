/* SPDX-License-Identifier: MIT */
/* Entry points: how Python is told to run what a bundle is for. */
#ifndef IMPORTER_LAUNCHER_ENTRY_POINT_H
#define IMPORTER_LAUNCHER_ENTRY_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/launcher/text.h"

enum { ENTRY_ARGUMENT_MAX = 5 };

/* Arguments for Python that come before the program's own. They live as long as the struct. */
struct entry {
	const char *arguments[ENTRY_ARGUMENT_MAX];
	size_t count;
	char stub[TEXT_LINE_SIZE];
	char folder[TEXT_PATH_SIZE];
};

/*
 * specification  "/path/to/script", "module" or "module:function"
 * bundle         path of the bundle; for a function, its folder becomes sys.path[0]
 * launched       what a function shall find in sys.argv[0]
 *
 * Returns false if the specification is none of these. All strings are borrowed.
 */
bool entry_build(struct entry *entry, const char *specification, const char *bundle,
		 const char *launched);

/* Put the option for an optimization level, 0 to 2, before the arguments of a built entry. */
void entry_optimize(struct entry *entry, unsigned int level);

#endif
