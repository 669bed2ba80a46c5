/* SPDX-License-Identifier: MIT */
/*
 * The stream of records that the Python scripts send: one byte of type, four of size, payload.
 * In a payload, numbers are little-endian, and a string is its size in four bytes, its bytes and a
 * NUL, so that it can be used in place.
 */
#ifndef BUNDLER_PROCESS_RECORDS_H
#define BUNDLER_PROCESS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/buffer.h"
#include "lib/error.h"

enum { RECORD_SIZE_MAX = 1 << 30 }; /* bytes of one payload */

/* A position in a payload. After a read beyond its end `bad` is set and all reads give zero. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint8_t cursor_u8(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
/* A string in the payload; never NULL. One with a NUL in it is bad. */
const char *cursor_text(struct cursor *cursor);
/* Bytes that are preceded by their number. */
const uint8_t *cursor_bytes(struct cursor *cursor, size_t *size);
/* Whether everything was read and all of it was there. */
bool cursor_is_done(const struct cursor *cursor);

struct record {
	uint8_t type;
	uint8_t *payload; /* owned; NULL if empty */
	size_t size;
};

/* A cursor over the payload of the record. */
struct cursor record_cursor(const struct record *record);
void record_release(struct record *record);

/*
 * Read the next record. `record` is empty on failure.
 * Returns PYB_OK, with *end set if there was none; PYB_ERR_DAMAGED if it is cut off or too large;
 * PYB_ERR_IO; PYB_ERR_MEMORY.
 */
enum pyb_status record_read(FILE *stream, struct record *record, bool *end,
			    struct pyb_error *error);

/* Append a record with this payload to `buffer`. */
enum pyb_status record_append(struct pyb_buffer *buffer, uint8_t type, const void *payload,
			      size_t size, struct pyb_error *error);

#endif
