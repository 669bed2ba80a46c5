/* SPDX-License-Identifier: MIT */
/* Objects of ours that are loaded into interpreters, one of each for every interpreter. */
#ifndef BUNDLER_PROCESS_OWN_OBJECT_H
#define BUNDLER_PROCESS_OWN_OBJECT_H

#include "lib/format.h"

/*
 * The path of the object with this name, "pystart_imager", say, for the interpreter with this
 * fingerprint, which the caller frees, or NULL if none is installed: in the folder that PYSTART_LIBDIR
 * names, else in the interpreter's folder (lib/interpreters.h) below the prefix of this program, else in
 * the folder that it was configured for.
 */
char *own_object_find(const struct pyb_fingerprint *fingerprint, const char *name);

#endif
