/* SPDX-License-Identifier: MIT */
/* Whether the bundle fits the settings that this interpreter runs with. */
#ifndef IMPORTER_BUNDLE_SETTINGS_H
#define IMPORTER_BUNDLE_SETTINGS_H

#include <stdbool.h>

#include "importer/cpython/importlib.h"
#include "lib/format.h"

/*
 * Compare what is known once Python is configured: optimization level, cache tag, pycache prefix,
 * verbosity (under -v stock tells about every file that it opens, which is then left to it).
 * If it does not fit, *reason is a phrase in static storage, good until the next call. No exception
 * is set. Needs the GIL.
 */
bool fit_settings(const struct pyb_header *header, const struct importlib *importlib,
		  const char **reason);

#endif
