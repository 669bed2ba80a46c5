/* SPDX-License-Identifier: MIT */
/* What the dump has for itself while it is made. */
#ifndef IMPORTER_SNAPSHOT_DUMP_OWN_MEMORY_H
#define IMPORTER_SNAPSHOT_DUMP_OWN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/dump/dump.h"
#include "importer/snapshot/dump/maps.h"
#include "lib/error.h"

/* All arrays lie in one private mapping, which segments leave out. Of none is more than its room used. */
struct dumper {
	const struct dump_request *request;
	struct dump *dump;       /* has the mapping, and gets the tables */
	uint64_t number_address; /* where the thread's number is */
	uint64_t page_size;
	int memory;  /* /proc/self/mem */
	int pagemap; /* /proc/self/pagemap */

	char *text; /* /proc/self/smaps; maps have their names in it */
	struct map *maps;
	size_t map_count;
	char *text_again; /* for further looks, */
	struct map *maps_again;
	size_t text_room; /* of either of both */
	size_t map_room;

	struct snapshot_segment *segments;
	size_t segment_count, segment_room;
	struct snapshot_file *files;
	size_t file_count, file_room;
	char *strings;
	size_t strings_size, strings_room;
	struct snapshot_fixup *fixups;
	size_t fixup_count, fixup_room;

	uint64_t *entries; /* of the pagemap: ENTRIES_MAX of them */
	uint8_t *buffer;   /* BUFFER_SIZE bytes */
};

enum {
	ENTRIES_MAX = 8192,
	BUFFER_SIZE = 256 << 10, /* whole pages, on all machines */
};

/*
 * Take as much as the maps of the process ask for now, and open what tells of its memory. The first
 * members, up to `number_address`, are set already. Errors: PYB_ERR_IO, PYB_ERR_MEMORY,
 * PYB_ERR_UNSUPPORTED. Also after these own_memory_close() is to be called.
 */
enum pyb_status own_memory_open(struct dumper *dumper, struct pyb_error *error);

/* Close what was opened. The mapping stays, for the tables, until dump_free(). */
void own_memory_close(struct dumper *dumper);

/*
 * Read the maps into one of both texts and arrays. Errors: PYB_ERR_IO, PYB_ERR_UNSUPPORTED;
 * PYB_ERR_MEMORY if there are so many more maps than before that they do not fit.
 */
enum pyb_status own_memory_read_maps(const struct dumper *dumper, char *text, struct map *maps,
				     size_t *count, struct pyb_error *error);

/*
 * Read memory of the process into the buffer, whatever its protection; `size` is at most BUFFER_SIZE.
 * Errors: PYB_ERR_IO.
 */
enum pyb_status own_memory_read(const struct dumper *dumper, uint64_t address, size_t size,
				struct pyb_error *error);

#endif
