/* SPDX-License-Identifier: MIT */
/* What a process can have beside its memory, so that a copy of that alone would not be the process. */
#ifndef IMPORTER_SNAPSHOT_DUMP_REFUSALS_H
#define IMPORTER_SNAPSHOT_DUMP_REFUSALS_H

#include "importer/snapshot/dump/dump.h"
#include "importer/snapshot/dump/maps.h"
#include "lib/error.h"

/*
 * Look for further threads, children, descriptors that the request does not name, timers, pending signals,
 * an alternative stack for signals and unusual settings of the processor. Errors: PYB_ERR_UNSUPPORTED, with the first that was found;
 * PYB_ERR_IO, PYB_ERR_MEMORY.
 */
enum pyb_status refusals_of_process(const struct dump_request *request, struct pyb_error *error);

/* The same for a mapping: shared or locked memory, devices and so on. Its file is not looked at. */
enum pyb_status refusals_of_map(const struct map *map, struct pyb_error *error);

#endif
