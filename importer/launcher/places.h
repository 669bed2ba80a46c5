/* SPDX-License-Identifier: MIT */
/* Where the executable lies, and the folders in which its company may be. */
#ifndef IMPORTER_LAUNCHER_PLACES_H
#define IMPORTER_LAUNCHER_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/launcher/surroundings.h"
#include "importer/launcher/text.h"

struct places {
	const char *launched; /* the path by which the executable was started */
	const char *real;     /* its path with links resolved; NULL if /proc does not tell */
	char real_buffer[TEXT_PATH_SIZE];
};

enum { PLACES_PROCESS_SIZE = 24 };

/* The folders; from the second number on they are for installed files only. */
enum { PLACES_FOLDER_MAX = 4, PLACES_FIRST_INSTALLED = 2 };

/*
 * Find out both paths. `launched` is the kernel's AT_EXECFN, so that a link is taken by its own
 * name, unless its name is not that of argv[0], as when the kernel was given a descriptor; then it
 * is the real path.
 */
void places_find(struct places *places, const struct surroundings *surroundings);

/* Whether the executable was started by the name of an interpreter, and not of a program. */
bool places_name_interpreter(const struct places *places);

/* Write what /proc calls this process to `name`, of PLACES_PROCESS_SIZE: its number, else "self". */
void places_name_process(char *name);

/* Append the folder of `path`, with the final slash; nothing if it has none. */
void places_add_folder(struct text *text, const char *path);

/*
 * Write to `folder` the folder number `index`, with a final slash, in which an installed file is
 * looked for: beside the executable as it was started, beside the real one, lib/pystart if that
 * folder is called bin, and the one from the time of the build. Returns false if there is none by
 * that number, or if it equals one before it.
 */
bool places_folder(const struct places *places, size_t index, struct text *folder);

/*
 * The same for the files of one interpreter, which is called `name` (lib/interpreters.h): where pystart
 * is installed, they are in a folder of that name.
 */
bool places_interpreter_folder(const struct places *places, size_t index, const char *name,
			       struct text *folder);

/*
 * The same for people to read: the folder is never empty, and there is none by a number if a later
 * number leads to the same folder, which then has the more telling name.
 */
bool places_folder_shown(const struct places *places, size_t index, const char *name,
			 struct text *folder);

#endif
