/* SPDX-License-Identifier: MIT */
/* The files that memory is mapped from: that their paths still lead to them. */
#ifndef IMPORTER_SNAPSHOT_DUMP_FILES_H
#define IMPORTER_SNAPSHOT_DUMP_FILES_H

#include "importer/snapshot/dump/maps.h"
#include "importer/snapshot/dump/own_memory.h"

/*
 * Set `map->file` of a map of kind MAP_KIND_FILE, which is one of the dumper's, and add the file to the
 * dumper's if it is not there. Errors: PYB_ERR_UNSUPPORTED if its path leads to no file, to another one or to
 * no regular one; PYB_ERR_MEMORY.
 */
enum pyb_status files_find(struct dumper *dumper, struct map *map, struct pyb_error *error);

#endif
