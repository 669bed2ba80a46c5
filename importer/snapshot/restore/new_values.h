/* SPDX-License-Identifier: MIT */
/* What the fix-ups of a snapshot become in this process. */
#ifndef IMPORTER_SNAPSHOT_RESTORE_NEW_VALUES_H
#define IMPORTER_SNAPSHOT_RESTORE_NEW_VALUES_H

#include "importer/snapshot/initial_stack.h"
#include "lib/snapshot_format.h"

struct new_values {
	uint64_t of[FIXUP_KINDS];
};

struct new_values new_values_find(const struct initial_stack *stack);

#endif
