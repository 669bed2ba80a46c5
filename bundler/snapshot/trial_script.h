/* SPDX-License-Identifier: MIT */
/*
 * A script that stands in for another one when a snapshot that has its first imports is tried: it begins with the same
 * imports, and then reports what its start is like, in place of doing something. It has the same name, in a folder
 * of its own.
 */
#ifndef BUNDLER_SNAPSHOT_TRIAL_SCRIPT_H
#define BUNDLER_SNAPSHOT_TRIAL_SCRIPT_H

#include "lib/error.h"

struct trial_script {
	char *folder; /* owned; NULL: there is none */
	char *path;   /* owned */
};

/*
 * Make one for `script`, by its absolute path, with this interpreter. To be released also after an error, as
 * it is with the folder, all of it. Errors: PYB_ERR_IO, PYB_ERR_UNSUPPORTED, PYB_ERR_MEMORY.
 */
enum pyb_status trial_script_make(struct trial_script *made, const char *script, const char *python,
				  struct pyb_error *error);

void trial_script_release(struct trial_script *made);

#endif
