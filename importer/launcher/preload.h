/* SPDX-License-Identifier: MIT */
/* The importer's shared object. */
#ifndef IMPORTER_LAUNCHER_PRELOAD_H
#define IMPORTER_LAUNCHER_PRELOAD_H

#include <stdint.h>

#include "importer/launcher/places.h"
#include "importer/launcher/text.h"
#include "lib/format.h"
#include "lib/interpreters.h"

/*
 * Find and open the importer of an interpreter, and see that it may be mapped for execution. Beside the
 * executable it is pystart.SOABI.so; where pystart is installed, that is in the interpreter's folder.
 * Returns a descriptor that execve() hands on, or -1 with the reason.
 */
int preload_find(const struct places *places, const struct pyb_interpreter *interpreter,
		 uint32_t user, struct text *reason);

/* The same for whichever interpreter has this fingerprint. */
int preload_open(const struct places *places, const struct pyb_fingerprint *fingerprint,
		 uint32_t user, struct text *reason);

#endif
