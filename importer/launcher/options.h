/* SPDX-License-Identifier: MIT */
/*
 * The command line of python3 as far as the launcher has to know it: where the options end, what
 * they say about the environment, and which of them is ours.
 */
#ifndef IMPORTER_LAUNCHER_OPTIONS_H
#define IMPORTER_LAUNCHER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
	const char *bundle;      /* value of the last -X bundle=VALUE, NULL without one */
	bool bundle_bare;        /* there was a -X bundle without a value */
	bool ignore_environment; /* -E or -I */
	bool optimize;           /* -O */
	size_t end;              /* index in argv of what follows the last option */
	size_t rest;             /* index of the first argument that is none, behind a "--" */
	bool positional;         /* argv[rest] is a script, a folder or a bundle to run */
};

/*
 * Read the options as CPython 3.11 to 3.13 do and take every -X bundle=VALUE out of argv, which
 * needs write access to both the vector and the strings. argv ends with a NULL. On an option that
 * is unknown the rest is left as it is, for Python to complain about.
 * Returns the new number of arguments.
 */
size_t options_take(struct options *options, char **argv);

#endif
