/* SPDX-License-Identifier: MIT */
/* A bundle that was read into memory to be looked at. */
#ifndef BUNDLER_INSPECT_OPENED_H
#define BUNDLER_INSPECT_OPENED_H

#include <sys/stat.h>

#include "lib/reader.h"

struct opened {
	void *file;
	size_t size;
	struct stat status; /* of the file when it was read */
	void *code[2];      /* decompressed sections */
	struct pyb_reader reader;
};

/*
 * Read the file and check what pyb_reader_init() checks. *opened is the caller's to release,
 * whatever is returned. Errors: PYB_ERR_IO, PYB_ERR_MEMORY and those of pyb_reader_init().
 */
enum pyb_status opened_read(struct opened *opened, const char *path, struct pyb_error *error);

/* Decompress compressed sections, so that their code can be read. Errors: PYB_ERR_DAMAGED. */
enum pyb_status opened_decompress(struct opened *opened, struct pyb_error *error);

void opened_release(struct opened *opened);

/* Text of a bundle on standard output; control characters become '?'. */
void opened_print(const char *text, size_t size);

#endif
