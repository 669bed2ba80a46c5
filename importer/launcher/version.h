/* SPDX-License-Identifier: MIT */
#ifndef IMPORTER_LAUNCHER_VERSION_H
#define IMPORTER_LAUNCHER_VERSION_H

#include "importer/launcher/places.h"

/* Print what -X bundle=version asks for. Returns the exit status. */
int version_print(const struct places *places);

#endif
