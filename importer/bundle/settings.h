/* SPDX-License-Identifier: MIT */
/* Whether the bundle fits the settings that this interpreter runs with. */
#ifndef IMPORTER_BUNDLE_SETTINGS_H
#define IMPORTER_BUNDLE_SETTINGS_H

#include <stdbool.h>

#include "importer/cpython/importlib.h"
#include "lib/format.h"

/*
 * Compare what the interpreter was configured with, which is known before anything is imported: optimization
 * level, positions of code, pycache prefix, and whether it is to tell about each file or import, which is then
 * left to it.
 * If it does not fit, *reason is a phrase in static storage, good until the next call. No exception is set.
 * Needs the GIL.
 */
bool fit_configuration(const struct pyb_header *header, const char **reason);

/* The same, and what is known once importlib is complete: bytecode, cache tag, pycache prefix as it is now. */
bool fit_settings(const struct pyb_header *header, const struct importlib *importlib,
		  const char **reason);

#endif
