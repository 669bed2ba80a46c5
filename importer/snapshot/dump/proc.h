/* SPDX-License-Identifier: MIT */
/* What the kernel tells of the calling process in files of text, read without the C library's streams. */
#ifndef IMPORTER_SNAPSHOT_DUMP_PROC_H
#define IMPORTER_SNAPSHOT_DUMP_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* Open a file of /proc for reading. Errors: PYB_ERR_IO and PYB_ERR_MEMORY, with the file named. */
enum pyb_status proc_open(const char *path, int *descriptor, struct pyb_error *error);

/*
 * Read the whole of a file, and put a NUL behind it; `*size` is without that. Errors: those of
 * proc_open(), and PYB_ERR_MEMORY if it does not fit into `room` bytes.
 */
enum pyb_status proc_read(const char *path, char *text, size_t room, size_t *size,
			  struct pyb_error *error);

/* How many bytes the file has at the moment. Errors: as above. */
enum pyb_status proc_measure(const char *path, size_t *size, struct pyb_error *error);

/*
 * Read a number at `*text`, without sign or blanks in front, and go behind it. False, with `*text` as it
 * was, if there is none or it has more than 64 bits. `base` is 10 or 16, in small letters.
 */
bool proc_number(const char **text, unsigned int base, uint64_t *number);

/* The number behind the field `name`, "Threads:", say, at the begin of a line of `text`. */
bool proc_field(const char *text, const char *name, unsigned int base, uint64_t *number);

#endif
