/* SPDX-License-Identifier: MIT */
#include "bundler/process/records.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { READ_STEP = 1 << 20 };

static const uint8_t *take(struct cursor *cursor, size_t size)
{
	const uint8_t *const start = cursor->at;

	if (cursor->bad || size > cursor->left) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return start;
}

uint8_t cursor_u8(struct cursor *cursor)
{
	const uint8_t *const from = take(cursor, 1);
	return from == NULL ? 0 : *from;
}

uint32_t cursor_u32(struct cursor *cursor)
{
	const uint8_t *const from = take(cursor, sizeof(uint32_t));
	uint32_t value = 0;

	if (from != NULL)
		memcpy(&value, from, sizeof(value));
	return le32toh(value);
}

uint64_t cursor_u64(struct cursor *cursor)
{
	const uint8_t *const from = take(cursor, sizeof(uint64_t));
	uint64_t value = 0;

	if (from != NULL)
		memcpy(&value, from, sizeof(value));
	return le64toh(value);
}

const uint8_t *cursor_bytes(struct cursor *cursor, size_t *size)
{
	*size = cursor_u32(cursor);
	const uint8_t *const from = take(cursor, *size);
	if (from == NULL)
		*size = 0;
	return from;
}

const char *cursor_text(struct cursor *cursor)
{
	size_t size;
	const char *const text = (const char *)cursor_bytes(cursor, &size);
	const uint8_t *const end = take(cursor, 1);

	if (end == NULL || *end != '\0' || memchr(text, '\0', size) != NULL) {
		cursor->bad = true;
		return "";
	}
	return text;
}

bool cursor_is_done(const struct cursor *cursor)
{
	return !cursor->bad && cursor->left == 0;
}

struct cursor record_cursor(const struct record *record)
{
	return (struct cursor){.at = record->payload, .left = record->size};
}

void record_release(struct record *record)
{
	free(record->payload);
	*record = (struct record){0};
}

static enum pyb_status cut_off(FILE *stream, struct pyb_error *error)
{
	if (ferror(stream))
		return pyb_error_set(error, pyb_error_of_system(errno), "it cannot be read: %s",
				     strerror(errno));
	return pyb_error_set(error, PYB_ERR_DAMAGED, "it ended in the middle of a record");
}

/* Many records are small, and kept: they must not take as much as a buffer begins with. */
static uint8_t *fit(struct pyb_buffer *buffer)
{
	uint8_t *const fitted = buffer->size == 0 ? NULL : realloc(buffer->data, buffer->size);

	return fitted != NULL ? fitted : buffer->data;
}

/* Memory grows with what really arrives, not with what the size promises. */
static enum pyb_status read_payload(FILE *stream, struct record *record, struct pyb_error *error)
{
	struct pyb_buffer buffer = {0};
	enum pyb_status status = PYB_OK;

	while (status == PYB_OK && buffer.size < record->size) {
		const size_t left = record->size - buffer.size;
		const size_t step = left < READ_STEP ? left : READ_STEP;

		status = pyb_buffer_reserve(&buffer, step, error);
		if (status != PYB_OK)
			break;
		if (fread(buffer.data + buffer.size, 1, step, stream) != step)
			status = cut_off(stream, error);
		buffer.size += step;
	}
	if (status == PYB_OK)
		record->payload = fit(&buffer);
	else
		pyb_buffer_release(&buffer);
	return status;
}

enum pyb_status record_read(FILE *stream, struct record *record, bool *end, struct pyb_error *error)
{
	uint8_t head[5];
	const size_t got = fread(head, 1, sizeof(head), stream);
	uint32_t size;
	enum pyb_status status;

	*record = (struct record){0};
	*end = got == 0 && feof(stream);
	if (*end)
		return PYB_OK;
	if (got != sizeof(head))
		return cut_off(stream, error);
	memcpy(&size, head + 1, sizeof(size));
	record->type = head[0];
	record->size = le32toh(size);
	if (record->size > RECORD_SIZE_MAX)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "it has a record of %zu bytes, which is too much",
				     record->size);
	status = read_payload(stream, record, error);
	if (status != PYB_OK)
		*record = (struct record){0};
	return status;
}

enum pyb_status record_append(struct pyb_buffer *buffer, uint8_t type, const void *payload,
			      size_t size, struct pyb_error *error)
{
	uint8_t head[5] = {type};
	const uint32_t stored = htole32((uint32_t)size);
	enum pyb_status status;

	if (size > RECORD_SIZE_MAX)
		return pyb_error_set(error, PYB_ERR_INVALID, "a name is too long");
	memcpy(head + 1, &stored, sizeof(stored));
	status = pyb_buffer_append(buffer, head, sizeof(head), error);
	if (status == PYB_OK)
		status = pyb_buffer_append(buffer, payload, size, error);
	return status;
}
