/* SPDX-License-Identifier: MIT */
/* The importer's shared object. */
#ifndef IMPORTER_LAUNCHER_PRELOAD_H
#define IMPORTER_LAUNCHER_PRELOAD_H

#include <stdint.h>

#include "importer/launcher/places.h"
#include "importer/launcher/text.h"

/*
 * Find and open the importer for interpreters with the tag `soabi`, and see that it may be mapped
 * for execution. Returns a descriptor that execve() hands on, or -1 with the reason.
 */
int preload_open(const struct places *places, const char *soabi, uint32_t user,
		 struct text *reason);

#endif
