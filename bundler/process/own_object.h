/* SPDX-License-Identifier: MIT */
/* What is installed together with this program. */
#ifndef BUNDLER_PROCESS_OWN_OBJECT_H
#define BUNDLER_PROCESS_OWN_OBJECT_H

#include "lib/error.h"
#include "lib/format.h"

/*
 * Find the object with this name, "pystart_imager", say, for the interpreter with this fingerprint: in the folder
 * that PYSTART_LIBDIR names, else in the interpreter's folder (lib/interpreters.h) below the prefix of this program,
 * else in the folder that it was configured for. *path, which the caller frees, is NULL if none is installed; only
 * memory can run out.
 */
enum pyb_status own_object_find(const struct pyb_fingerprint *fingerprint, const char *name,
				char **path, struct pyb_error *error);

/* Likewise the launcher, pystart, beside this program. */
enum pyb_status own_launcher_find(char **path, struct pyb_error *error);

#endif
