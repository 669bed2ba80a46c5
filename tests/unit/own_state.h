/* SPDX-License-Identifier: MIT */
/* All that the kernel tells of a process, and that is the same for two which were started alike. */
#ifndef TESTS_UNIT_OWN_STATE_H
#define TESTS_UNIT_OWN_STATE_H

#include "importer/snapshot/restore/restore.h"

/* An act of a second life (reborn.h). */
void own_state_say(const struct restored *restored);

#endif
