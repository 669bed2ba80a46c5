/* SPDX-License-Identifier: MIT */
/* The contents of a bundle in memory: the file, mapped, or a copy of it. */
#ifndef IMPORTER_MEMORY_CONTENTS_H
#define IMPORTER_MEMORY_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct contents {
	void *start; /* NULL: nothing is there */
	size_t size; /* bytes that are there */
	size_t file_size;
	bool is_copy; /* else the file is mapped, read-only */
};

/*
 * Map the file that is open at `descriptor`, without what lies behind the sections that a reader looks at if
 * it has a snapshot, for pages are large. If its header says `memory: private`, read it instead, all but
 * the sections HOT and COLD, which are zero then. Nothing but the file's size is checked, and the header of
 * one that has a snapshot or is read. Errors: PYB_ERR_IO, PYB_ERR_NOT_BUNDLE, PYB_ERR_MEMORY, also if it would
 * take much of what is allowed to the process; then *contents is empty.
 */
enum pyb_status contents_take(struct contents *contents, int descriptor, struct pyb_error *error);

/* Unmap or free it. Empty contents are allowed. */
void contents_release(struct contents *contents);

/*
 * Give madvise(2)'s advice on the whole pages from `start` on up to that of `end`, offsets in the file,
 * that has been mapped; a copy is left alone.
 */
void contents_advise(const struct contents *contents, uint64_t start, uint64_t end, int advice);

/* Read `size` bytes from `offset` on: all, or false. */
bool contents_read(int descriptor, char *room, size_t size, uint64_t offset);

#endif
