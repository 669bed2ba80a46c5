/* SPDX-License-Identifier: MIT */
/* The memory of a process that has dumped itself, as it is looked at from outside. */
#ifndef BUNDLER_SNAPSHOT_BUILT_H
#define BUNDLER_SNAPSHOT_BUILT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buffer.h"
#include "lib/snapshot_format.h"

/* Nothing is owned. */
struct built {
	pid_t process;
	const struct snapshot *snapshot;
	const struct pyb_buffer *pages;
};

/* The segment that the address is in; NULL: none. */
const struct snapshot_segment *built_segment(const struct built *built, uint64_t address);

/*
 * The stored bytes from an address on, and how many there are up to the end of the segment. NULL: none are
 * stored.
 */
const uint8_t *built_bytes(const struct built *built, uint64_t address, size_t *size);

/*
 * The file that an address belongs to: it lies in a mapping of the file, or in memory that follows one
 * directly, as the data of a library does. *offset is how far it is from the file's first mapping. NULL: none.
 */
const char *built_file(const struct built *built, uint64_t address, uint64_t *offset);

/* Whether the type of an object follows, one of the interpreter's own: then its references are counted here. */
bool built_is_object(const struct built *built, uint64_t address);

/*
 * What lies at an address, in words for a message: the symbol and the file, the type of the object if it is one
 * of the interpreter's own, or what kind of memory it is. `size` is not 0.
 */
void built_describe(const struct built *built, uint64_t address, char *text, size_t size);

#endif
