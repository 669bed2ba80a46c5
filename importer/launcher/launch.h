/* SPDX-License-Identifier: MIT */
#ifndef IMPORTER_LAUNCHER_LAUNCH_H
#define IMPORTER_LAUNCHER_LAUNCH_H

#include <stdint.h>

/* All that the launcher does, from the initial stack on. Returns the exit status if it fails. */
int launch(uintptr_t *stack);

#endif
