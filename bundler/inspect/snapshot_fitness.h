/* SPDX-License-Identifier: MIT */
/* Whether a start would go on from a bundle's snapshot now, for `pybundle verify`. */
#ifndef BUNDLER_INSPECT_SNAPSHOT_FITNESS_H
#define BUNDLER_INSPECT_SNAPSHOT_FITNESS_H

#include <stdbool.h>

#include "lib/reader.h"

/*
 * What keeps a start from using it. It is `lasting` if that is a file that has changed, so that the bundle
 * has to be made again; else it lies in how we were started ourselves, in user, machine or limits.
 */
typedef void snapshot_miss(void *context, bool lasting, const char *text);

/*
 * Call `report` for each thing that is not as the snapshot needs it; not at all if there is none.
 * Errors: PYB_ERR_DAMAGED, PYB_ERR_UNSUPPORTED, PYB_ERR_IO.
 */
enum pyb_status snapshot_fitness(const struct pyb_reader *reader, snapshot_miss *report,
				 void *context, struct pyb_error *error);

#endif
