/* SPDX-License-Identifier: MIT */
/* Whether the file of a module is what it was when the bundle was made. */
#ifndef IMPORTER_FIND_MODULE_FILE_H
#define IMPORTER_FIND_MODULE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "lib/reader.h"

/* What is there in the place of a module's file. */
enum module_file {
	MODULE_FILE_SAME, /* what was bundled, as far as the bundle's `check` asks for it */
	MODULE_FILE_OTHER, /* a file with other contents, or that may not be read: for importlib to load */
	MODULE_FILE_NONE, /* no regular file, so that no FileFinder finds the module there */
};

/*
 * Look at the file of a module that resolve_module() would serve; each time, if at all. What happens
 * to a file can leave its folder as it was: its permissions, and where a link leads.
 */
enum module_file module_file_look(const struct pyb_module_view *view);

/*
 * Whether there still is a file for a module that resolve_module() would serve, as FileFinder asks it. While
 * its folder is untouched, one that is no link is there.
 */
bool module_file_exists(const struct pyb_module_view *view);

/*
 * Whether the process may read a file. Root may read everything and others most, so the system is seldom
 * asked. What an access control list takes away from one user is not noticed.
 */
bool module_file_may_read(const char *path, const struct stat *status);

#endif
