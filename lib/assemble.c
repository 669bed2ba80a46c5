/* SPDX-License-Identifier: MIT */
/* The header and the sections of a bundle put together to a file. */
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/description.h"
#include "lib/digest.h"
#include "lib/header.h"
#include "lib/image.h"
#include "lib/snapshot.h"

/*
 * The sections in the order of the file: tables come first, so that a start touches one run of
 * pages; the archive has to end the file.
 */
static const enum pyb_section_type section_order[] = {
	PYB_SECTION_STRINGS,     PYB_SECTION_MODULES, PYB_SECTION_INDEX,
	PYB_SECTION_DIRECTORIES, PYB_SECTION_SHADOWS, PYB_SECTION_HARMLESS,
	PYB_SECTION_SITE,        PYB_SECTION_FROZEN,  PYB_SECTION_IMAGE,
	PYB_SECTION_RELOCATIONS, PYB_SECTION_REGEXES, PYB_SECTION_GENERATED,
	PYB_SECTION_METADATA,    PYB_SECTION_STARTUP, PYB_SECTION_DEMAND,
	PYB_SECTION_HOT,         PYB_SECTION_COLD,    PYB_SECTION_REBUILD,
	PYB_SECTION_SNAPSHOT,    PYB_SECTION_PAGES,   PYB_SECTION_NO_SNAPSHOT,
	PYB_SECTION_ARCHIVE,
};

_Static_assert(sizeof(section_order) / sizeof(section_order[0]) == PYB_SECTION_TYPE_COUNT - 1,
	       "each type but NONE has its place");

struct assembly {
	const struct pyb_writer *writer;
	const struct pyb_buffer *contents;
	struct pyb_header *header;
	struct pyb_buffer *file;
	struct pyb_error *error;
};

static enum pyb_status add_header_string(struct pyb_header *header, size_t *end, const char *text,
					 struct pyb_slice *slice, struct pyb_error *error)
{
	const size_t size = text == NULL ? 0 : strlen(text);

	*slice = (struct pyb_slice){0};
	if (size == 0)
		return PYB_OK;
	if (size >= PYB_PAGE_SIZE - *end)
		return pyb_error_set(
			error, PYB_ERR_INVALID,
			"the header has no room for '%.64s%s'; use a shorter path or name", text,
			size > 64 ? "..." : "");
	memcpy((char *)header + *end, text, size + 1);
	*slice = (struct pyb_slice){.offset = (uint32_t)*end, .size = (uint32_t)size};
	*end += size + 1;
	return PYB_OK;
}

static enum pyb_status fill_header(const struct pyb_writer *writer, struct pyb_header *header,
				   struct pyb_error *error)
{
	const struct pyb_writer_options *const options = &writer->options;
	size_t end = sizeof(*header);
	enum pyb_status status;

	memcpy(header->magic, PYB_MAGIC, PYB_MAGIC_SIZE);
	header->format_version = PYB_FORMAT_VERSION;
	header->header_size = PYB_PAGE_SIZE;
	header->fingerprint = options->fingerprint;
	header->check = (uint8_t)options->check;
	header->payload = writer->image.image != NULL ? PYB_PAYLOAD_IMAGE : PYB_PAYLOAD_MARSHAL;
	header->optimize = (uint8_t)options->optimize;
	header->policies = options->policies;
	status = add_header_string(header, &end, options->name, &header->name, error);
	if (status == PYB_OK)
		status = add_header_string(header, &end, options->interpreter, &header->interpreter,
					   error);
	if (status == PYB_OK)
		status = add_header_string(header, &end, options->entry, &header->entry, error);
	if (status == PYB_OK)
		status = add_header_string(header, &end, options->bootstrap, &header->bootstrap,
					   error);
	if (status == PYB_OK)
		status = add_header_string(header, &end, options->producer, &header->producer,
					   error);
	return status;
}

/* The contents of a section before compression; size 0 if there is none. */
static struct pyb_bytes contents_of(const struct assembly *assembly, enum pyb_section_type type)
{
	const struct pyb_writer *const writer = assembly->writer;
	const struct pyb_writer_image *const image = &writer->image;
	const struct pyb_buffer *const own = &assembly->contents[type];

	if (pyb_section_is_given(type))
		return pyb_described_section(writer, type);
	if (type == PYB_SECTION_HOT)
		return (struct pyb_bytes){image->hot, image->hot_size};
	if (type == PYB_SECTION_COLD)
		return (struct pyb_bytes){image->cold, image->cold_size};
	if (type == PYB_SECTION_RELOCATIONS)
		return (struct pyb_bytes){(const uint8_t *)image->relocations,
					  image->relocation_count * sizeof(*image->relocations)};
	return (struct pyb_bytes){own->data, own->size};
}

/* Append the bytes of a section as they are to be stored. */
static enum pyb_status append_stored(struct assembly *assembly, struct pyb_section *section,
				     struct pyb_bytes stored)
{
	struct pyb_buffer *const file = assembly->file;
	const enum pyb_status status = pyb_buffer_align(file, PYB_PAGE_SIZE, assembly->error);

	if (status != PYB_OK)
		return status;
	section->offset = file->size;
	section->stored_size = stored.size;
	section->checksum = pyb_digest64(stored.data, stored.size);
	return pyb_buffer_append(file, stored.data, stored.size, assembly->error);
}

/* Append a section of code in its compressed form if that is smaller. */
static enum pyb_status append_compressed(struct assembly *assembly, struct pyb_section *section,
					 struct pyb_bytes bytes)
{
	void *data;
	struct pyb_bytes stored = bytes;
	enum pyb_status status =
		pyb_compress(bytes.data, bytes.size, assembly->writer->options.compression_level,
			     &data, &stored.size, assembly->error);

	if (status != PYB_OK)
		return status;
	if (stored.size < bytes.size) {
		stored.data = data;
		section->flags = PYB_SECTION_FLAG_ZSTD;
		assembly->header->incompat |= PYB_INCOMPAT_ZSTD;
	} else {
		stored = bytes;
	}
	status = append_stored(assembly, section, stored);
	free(data);
	return status;
}

static enum pyb_status append_section(struct assembly *assembly, enum pyb_section_type type)
{
	struct pyb_header *const header = assembly->header;
	struct pyb_section *const section = &header->sections[header->section_count];
	const struct pyb_bytes bytes = contents_of(assembly, type);
	const bool is_code = type == PYB_SECTION_STARTUP || type == PYB_SECTION_DEMAND;

	if (bytes.size == 0)
		return PYB_OK;
	header->section_count++;
	section->type = type;
	section->size = bytes.size;
	if (is_code && assembly->writer->options.compression_level > 0)
		return append_compressed(assembly, section, bytes);
	return append_stored(assembly, section, bytes);
}

static enum pyb_status check_image(const struct pyb_reader *reader, struct pyb_error *fault)
{
	struct pyb_module_view module;
	struct pyb_image_view view;
	enum pyb_status status;

	if (reader->image == NULL)
		return PYB_OK;
	status = pyb_image_open(reader, &view, fault);
	if (status == PYB_OK)
		status = pyb_image_verify(&view, fault);
	/* The sizes of the code objects were given, too. */
	for (uint32_t i = 0; i < reader->module_count && status == PYB_OK; i++)
		status = pyb_reader_module(reader, i, &module, fault);
	return status;
}

/* What was described by others is checked by the one who knows the rules. */
static enum pyb_status check_file(const struct pyb_buffer *file, struct pyb_error *error)
{
	struct pyb_error fault = {0};
	const char *reason = NULL;
	struct pyb_reader reader;

	if (pyb_header_check(file->data, file->size, file->size, &reason) != PYB_OK)
		return pyb_error_set(error, PYB_ERR_INVALID, "the description is wrong: %s",
				     reason);
	if (pyb_reader_init(&reader, file->data, file->size, &fault) != PYB_OK)
		return pyb_error_set(error, PYB_ERR_INVALID, "the description is wrong: %s",
				     fault.text);
	if (check_image(&reader, &fault) != PYB_OK)
		return pyb_error_set(error, PYB_ERR_INVALID, "the image is wrong: %s", fault.text);
	if (pyb_snapshot_verify(&reader, &fault) != PYB_OK)
		return pyb_error_set(error, PYB_ERR_INVALID, "the snapshot is wrong: %s",
				     fault.text);
	return PYB_OK;
}

static enum pyb_status finish(struct assembly *assembly)
{
	struct pyb_header *const header = assembly->header;
	struct pyb_buffer *const file = assembly->file;
	const enum pyb_status status = pyb_buffer_align(file, PYB_PAGE_SIZE, assembly->error);

	if (status != PYB_OK)
		return status;
	header->file_size = file->size;
	pyb_digest128(file->data + PYB_PAGE_SIZE, file->size - PYB_PAGE_SIZE, header->content_id);
	header->checksum = pyb_header_checksum(header);
	memcpy(file->data, header, PYB_PAGE_SIZE);
	return check_file(file, assembly->error);
}

enum pyb_status pyb_assemble(const struct pyb_writer *writer, const struct pyb_buffer *contents,
			     struct pyb_buffer *file, struct pyb_error *error)
{
	struct assembly assembly = {
		.writer = writer,
		.contents = contents,
		.header = calloc(1, PYB_PAGE_SIZE),
		.file = file,
		.error = error,
	};
	enum pyb_status status;

	if (assembly.header == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	status = fill_header(writer, assembly.header, error);
	if (status == PYB_OK)
		status = pyb_buffer_append(file, assembly.header, PYB_PAGE_SIZE, error);
	for (size_t i = 0; i < PYB_SECTION_TYPE_COUNT - 1 && status == PYB_OK; i++)
		status = append_section(&assembly, section_order[i]);
	if (status == PYB_OK)
		status = finish(&assembly);
	free(assembly.header);
	return status;
}
