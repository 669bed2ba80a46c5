/* SPDX-License-Identifier: MIT */
/* The walk over a whole bundle that `pybundle verify` makes. */
#include <string.h>

#include "lib/digest.h"
#include "lib/reader.h"

static enum pyb_status verify_sections(const struct pyb_reader *reader, struct pyb_error *error)
{
	for (uint32_t i = 0; i < reader->header->section_count; i++) {
		const enum pyb_status status =
			pyb_reader_check_section(reader, &reader->header->sections[i], error);
		if (status != PYB_OK)
			return status;
	}
	return PYB_OK;
}

static bool gap_is_zero(const struct pyb_reader *reader, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		if (reader->file[i] != 0)
			return false;
	return true;
}

static enum pyb_status verify_gaps(const struct pyb_reader *reader, struct pyb_error *error)
{
	uint64_t end = PYB_PAGE_SIZE;

	for (uint32_t i = 0; i < reader->header->section_count; i++) {
		const struct pyb_section *const section = &reader->header->sections[i];
		if (!gap_is_zero(reader, end, section->offset))
			return pyb_error_set_at(error, PYB_ERR_DAMAGED, end,
						"the gap before section %u is not zero", i);
		end = section->offset + section->stored_size;
	}
	if (!gap_is_zero(reader, end, reader->header->file_size))
		return pyb_error_set_at(error, PYB_ERR_DAMAGED, end,
					"the end of the file is not zero");
	return PYB_OK;
}

static enum pyb_status verify_content_id(const struct pyb_reader *reader, struct pyb_error *error)
{
	uint8_t digest[sizeof(reader->header->content_id)];

	pyb_digest128(reader->file + PYB_PAGE_SIZE, reader->header->file_size - PYB_PAGE_SIZE,
		      digest);
	if (memcmp(digest, reader->header->content_id, sizeof(digest)) == 0)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED, "the content id is wrong");
}

static enum pyb_status verify_module(const struct pyb_reader *reader, uint32_t number,
				     struct pyb_error *error)
{
	struct pyb_module_view view, found;
	struct pyb_bytes code;
	enum pyb_status status = pyb_reader_module(reader, number, &view, error);

	if (status == PYB_OK)
		status = pyb_reader_find(reader, view.name.text, view.name.size, &found, error);
	if (status != PYB_OK)
		return status;
	if (found.record != view.record)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "the index does not find module '%s'",
				     view.name.text);
	if (view.record->kind != PYB_MODULE_SOURCE)
		return PYB_OK;
	return pyb_reader_code(reader, &view, &code, error);
}

static enum pyb_status verify_directory_order(const struct pyb_reader *reader, uint32_t number,
					      struct pyb_error *error)
{
	const struct pyb_directory *record;
	struct pyb_string path;
	const enum pyb_status status = pyb_reader_directory(reader, number, &record, &path, error);

	if (status != PYB_OK)
		return status;
	if (pyb_reader_find_directory(reader, path.text, path.size) != number)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the directories are not sorted, or '%s' is there twice",
				     path.text);
	return PYB_OK;
}

static enum pyb_status verify_shadows(const struct pyb_reader *reader, struct pyb_error *error)
{
	for (uint32_t i = 0; i < reader->shadow_count; i++) {
		const struct pyb_shadow *const shadow = &reader->shadows[i];
		if (shadow->directory >= reader->directory_count ||
		    shadow->module >= reader->module_count ||
		    !pyb_reader_is_shadowed(reader, shadow->directory, shadow->module))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "the shadow record %u is malformed", i);
	}
	return PYB_OK;
}

enum pyb_status pyb_reader_verify(const struct pyb_reader *reader, struct pyb_error *error)
{
	enum pyb_status status = verify_sections(reader, error);

	if (status == PYB_OK)
		status = verify_gaps(reader, error);
	if (status == PYB_OK)
		status = verify_content_id(reader, error);
	for (uint32_t i = 0; status == PYB_OK && i < reader->directory_count; i++)
		status = verify_directory_order(reader, i, error);
	for (uint32_t i = 0; status == PYB_OK && i < reader->module_count; i++)
		status = verify_module(reader, i, error);
	if (status == PYB_OK)
		status = verify_shadows(reader, error);
	return status;
}
