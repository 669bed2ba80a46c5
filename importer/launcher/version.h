/* SPDX-License-Identifier: MIT */
#ifndef IMPORTER_LAUNCHER_VERSION_H
#define IMPORTER_LAUNCHER_VERSION_H

#include "importer/launcher/places.h"
#include "importer/launcher/surroundings.h"

/*
 * Print what -X bundle=version asks for. Each interpreter is started with its importer, to tell for
 * itself what it is and what works. Returns the exit status.
 */
int version_print(const struct places *places, const struct surroundings *surroundings);

#endif
