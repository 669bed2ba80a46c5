/* SPDX-License-Identifier: MIT */
/* The interpreter's program file. */
#ifndef IMPORTER_LAUNCHER_INTERPRETER_H
#define IMPORTER_LAUNCHER_INTERPRETER_H

#include <stdbool.h>

#include "importer/launcher/text.h"
#include "lib/format.h"

/*
 * Whether the importer may be put into the program at `path`: a dynamically linked ELF file of this
 * machine, with the build id `wanted` as far as both are known. If not, `reason` tells why.
 */
bool interpreter_fits(const char *path, const struct pyb_build_id *wanted, struct text *reason);

/* Whether `path` is the running program itself, which would start itself for ever. */
bool interpreter_is_self(const char *path);

#endif
