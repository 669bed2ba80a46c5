/* SPDX-License-Identifier: MIT */
#include "bundler/build/previous.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/process/records.h"
#include "lib/codec.h"
#include "lib/header.h"
#include "lib/trust.h"

/* zstd's own default; more takes longer than it saves to read. */
enum { LEVEL = 3 };

/* No section REBUILD is larger once it is decompressed. */
static const uint64_t size_max = (uint64_t)1 << 31;

/* --- the section REBUILD */

enum pyb_status previous_make(const struct pyb_bytes *streams, uint32_t count,
			      struct pyb_buffer *out, struct pyb_error *error)
{
	struct pyb_buffer contents = {0};
	enum pyb_status status = PYB_OK;
	void *frame = NULL;
	size_t frame_size = 0;

	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		const uint32_t size = (uint32_t)streams[i].size;

		status = pyb_buffer_append(&contents, &size, sizeof(size), error);
	}
	for (uint32_t i = 0; i < count && status == PYB_OK; i++)
		status = pyb_buffer_append(&contents, streams[i].data, streams[i].size, error);
	const uint64_t size = contents.size;
	if (status == PYB_OK && size > size_max)
		status = pyb_error_set(error, PYB_ERR_INVALID, "the code needs over 2 GiB");
	if (status == PYB_OK)
		status = pyb_compress(contents.data, contents.size, LEVEL, &frame, &frame_size,
				      error);
	if (status == PYB_OK)
		status = pyb_buffer_append(out, &size, sizeof(size), error);
	if (status == PYB_OK)
		status = pyb_buffer_append(out, frame, frame_size, error);
	free(frame);
	pyb_buffer_release(&contents);
	return status;
}

/* Find the streams in the decompressed contents. */
static enum pyb_status divide(struct previous *previous, uint64_t size, struct pyb_error *error)
{
	const uint32_t count = previous->opened.reader.module_count;
	uint64_t at = (uint64_t)count * sizeof(uint32_t);

	for (uint32_t i = 0; i < count && at <= size; i++) {
		uint32_t own;

		memcpy(&own, previous->streams + i * sizeof(own), sizeof(own));
		if (own > 0 && own <= size - at)
			previous->of_module[i] = (struct pyb_bytes){previous->streams + at, own};
		at += own;
	}
	return at == size ? PYB_OK
			  : pyb_error_set(error, PYB_ERR_DAMAGED, "the streams are not whole");
}

static enum pyb_status read_streams(struct previous *previous, struct pyb_error *error)
{
	const struct pyb_reader *const reader = &previous->opened.reader;
	const struct pyb_section *const section = pyb_reader_section(reader, PYB_SECTION_REBUILD);
	const struct pyb_bytes bytes = pyb_reader_bytes(reader, PYB_SECTION_REBUILD);
	uint64_t size;

	if (section == NULL || bytes.size <= sizeof(size))
		return pyb_error_set(error, PYB_ERR_INVALID, "it has no streams");
	enum pyb_status status = pyb_reader_check_section(reader, section, error);
	if (status != PYB_OK)
		return status;
	memcpy(&size, bytes.data, sizeof(size));
	if (size > size_max || size < (uint64_t)reader->module_count * sizeof(uint32_t))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "the streams are not whole");
	previous->streams = malloc((size_t)size + 1);
	if (previous->streams == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	status = pyb_decompress(bytes.data + sizeof(size), bytes.size - sizeof(size),
				previous->streams, (size_t)size, error);
	return status == PYB_OK ? divide(previous, size, error) : status;
}

/* --- what can be taken */

static enum pyb_status read_codes(struct previous *previous, struct pyb_error *error)
{
	const struct pyb_reader *const reader = &previous->opened.reader;
	enum pyb_status status = opened_decompress(&previous->opened, error);

	for (uint32_t i = 0; i < reader->module_count && status == PYB_OK; i++) {
		struct pyb_module_view view;

		status = pyb_reader_module(reader, i, &view, error);
		if (status == PYB_OK && view.record->kind == PYB_MODULE_SOURCE)
			status = pyb_reader_code(reader, &view, &previous->of_module[i], error);
	}
	return status;
}

/* The code of a module is known if its source has this hash. */
static enum pyb_status add_known(struct pyb_buffer *known, const char *name, const char *origin,
				 uint64_t source_hash, struct pyb_error *error)
{
	struct pyb_buffer payload = {0};
	enum pyb_status status =
		pyb_buffer_append(&payload, &source_hash, sizeof(source_hash), error);

	if (status == PYB_OK)
		status = pyb_buffer_append(&payload, name, strlen(name) + 1, error);
	if (status == PYB_OK)
		status = pyb_buffer_append(&payload, origin, strlen(origin), error);
	if (status == PYB_OK)
		status = record_append(known, 'k', payload.data, payload.size, error);
	pyb_buffer_release(&payload);
	return status;
}

static enum pyb_status offer(struct previous *previous, struct pyb_error *error)
{
	const struct pyb_reader *const reader = &previous->opened.reader;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < reader->module_count && status == PYB_OK; i++) {
		struct pyb_module_view view;

		status = pyb_reader_module(reader, i, &view, error);
		if (status == PYB_OK && previous->of_module[i].data != NULL &&
		    view.record->kind == PYB_MODULE_SOURCE &&
		    (view.record->flags & PYB_MODULE_FLAG_FROM_CACHED) == 0)
			status = add_known(&previous->known, view.name.text, view.origin.text,
					   view.record->source_hash, error);
	}
	return status;
}

/* Another version of this program may give code another form. */
static bool is_of_this_kind(const struct opened *opened, const char *path, unsigned int optimize)
{
	const struct pyb_header *const header = opened->reader.header;

	return strcmp(pyb_header_string(header, header->producer),
		      PACKAGE_NAME " " PACKAGE_VERSION) == 0 &&
	       header->optimize == optimize &&
	       pyb_trust_fault(&opened->status, geteuid()) == NULL &&
	       pyb_trust_way(path, geteuid()) == NULL;
}

static enum pyb_status take(struct previous *previous, struct pyb_error *error)
{
	const struct pyb_reader *const reader = &previous->opened.reader;
	enum pyb_status status;

	previous->of_module = calloc((size_t)reader->module_count + 1, sizeof(struct pyb_bytes));
	if (previous->of_module == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	status = reader->header->payload == PYB_PAYLOAD_IMAGE ? read_streams(previous, error)
							      : read_codes(previous, error);
	return status == PYB_OK ? offer(previous, error) : status;
}

enum pyb_status previous_open(struct previous *previous, const char *path, unsigned int optimize,
			      struct pyb_error *error)
{
	struct pyb_error why = {0};

	*previous = (struct previous){0};
	enum pyb_status status = opened_read(&previous->opened, path, &why);
	if (status == PYB_OK && !is_of_this_kind(&previous->opened, path, optimize))
		return PYB_OK;
	if (status == PYB_OK)
		status = take(previous, &why);
	previous->is_usable = status == PYB_OK;
	return status == PYB_ERR_MEMORY ? pyb_error_set(error, status, "%s", why.text) : PYB_OK;
}

bool previous_fits(const struct previous *previous, const struct pyb_fingerprint *fingerprint)
{
	return memcmp(&previous->opened.reader.header->fingerprint, fingerprint,
		      sizeof(*fingerprint)) == 0;
}

struct pyb_bytes previous_code(const struct previous *previous, const char *name)
{
	struct pyb_module_view view;

	if (!previous->is_usable ||
	    pyb_reader_find(&previous->opened.reader, name, strlen(name), &view, NULL) != PYB_OK ||
	    view.record == NULL)
		return (struct pyb_bytes){0};
	return previous->of_module[view.number];
}

void previous_release(struct previous *previous)
{
	opened_release(&previous->opened);
	pyb_buffer_release(&previous->known);
	free(previous->of_module);
	free(previous->streams);
	*previous = (struct previous){0};
}
