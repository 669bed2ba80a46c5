/* SPDX-License-Identifier: MIT */
/*
 * Makes marshal streams canonical: marshal_filter HEXVERSION <in >out. Each stream is its size in
 * four bytes, little-endian, and its bytes; what comes out has the same form with a byte in front,
 * 0 for a canonical stream, else the status of the failure (and no bytes).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/build/marshal.h"

static int put(uint8_t status, const void *data, size_t size)
{
	const uint32_t stored = (uint32_t)size;

	return putchar(status) != EOF && fwrite(&stored, sizeof(stored), 1, stdout) == 1 &&
	       fwrite(data, 1, size, stdout) == size;
}

/* Returns whether there was a stream and it went well. */
static int filter_one(uint32_t version)
{
	struct pyb_buffer out = {0};
	uint32_t size;
	int done = 0;

	if (fread(&size, sizeof(size), 1, stdin) != 1)
		return 0;
	uint8_t *const data = malloc((size_t)size + 1);
	if (data != NULL && fread(data, 1, size, stdin) == size) {
		const enum pyb_status status =
			marshal_canonical(data, size, version, MARSHAL_SORT_SETS, &out, NULL);
		done = status == PYB_OK ? put(0, out.data, out.size) : put((uint8_t)status, "", 0);
	}
	pyb_buffer_release(&out);
	free(data);
	return done;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: marshal_filter HEXVERSION\n", stderr);
		return 2;
	}
	const uint32_t version = (uint32_t)strtoul(argv[1], NULL, 0);
	while (filter_one(version))
		continue;
	return fflush(stdout) == 0 && !ferror(stdin) ? 0 : 2;
}
