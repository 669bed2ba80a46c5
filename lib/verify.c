/* SPDX-License-Identifier: MIT */
/* The walk over a whole bundle that `pybundle verify` makes. */
#include <string.h>

#include "lib/archive.h"
#include "lib/digest.h"
#include "lib/image.h"
#include "lib/memo.h"
#include "lib/name_list.h"
#include "lib/reader.h"
#include "lib/snapshot.h"

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

/* Whether `number` is what format.md says of the field `parent`. */
static bool parent_is_right(const struct pyb_reader *reader, const struct pyb_module_view *view)
{
	const char *const dot = memrchr(view->name.text, '.', view->name.size);
	const size_t size = dot == NULL ? 0 : (size_t)(dot - view->name.text);
	struct pyb_module_view parent = {0};

	if (dot != NULL)
		(void)pyb_reader_find(reader, view->name.text, size, &parent, NULL);
	return view->record->parent == (parent.record == NULL ? PYB_NONE : parent.number);
}

/* Startup modules first; the others by name. */
static bool order_is_right(const struct pyb_reader *reader, const struct pyb_module_view *view)
{
	const bool startup = (view->record->flags & PYB_MODULE_FLAG_STARTUP) != 0;
	struct pyb_module_view before;

	if (view->number == 0 ||
	    pyb_reader_module(reader, view->number - 1, &before, NULL) != PYB_OK)
		return view->number == 0;
	if ((before.record->flags & PYB_MODULE_FLAG_STARTUP) != 0)
		return true;
	return !startup && strcmp(before.name.text, view->name.text) < 0;
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
	if (!parent_is_right(reader, &view))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "module '%s' has a wrong parent",
				     view.name.text);
	if (!order_is_right(reader, &view))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "module '%s' is out of order",
				     view.name.text);
	if (view.record->kind != PYB_MODULE_SOURCE || reader->image != NULL)
		return PYB_OK;
	return pyb_reader_code(reader, &view, &code, error);
}

static enum pyb_status verify_index(const struct pyb_reader *reader, struct pyb_error *error)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i <= reader->index_mask; i++)
		used += reader->index[i] != 0;
	if (used != reader->module_count)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the index has %u entries for %u modules", used,
				     reader->module_count);
	return PYB_OK;
}

/*
 * A package's folder belongs to that package, and no two folders share a place on sys.path or among
 * the roots. The records themselves, and their order, were checked when the bundle was opened.
 */
static bool directory_is_right(const struct pyb_reader *reader, uint32_t number)
{
	const struct pyb_directory *const record = &reader->directories[number];

	if (record->package != PYB_NONE &&
	    reader->modules[record->package].package_directory != number)
		return false;
	for (uint32_t i = 0; i < number; i++) {
		const struct pyb_directory *const other = &reader->directories[i];

		if ((record->sys_path != 0 && other->sys_path == record->sys_path) ||
		    (record->root != 0 && other->root == record->root))
			return false;
	}
	return true;
}

static enum pyb_status verify_directory(const struct pyb_reader *reader, uint32_t number,
					struct pyb_error *error)
{
	if (directory_is_right(reader, number))
		return PYB_OK;
	return pyb_error_set(
		error, PYB_ERR_DAMAGED,
		"folder '%s' has a wrong package or place on sys.path or among the roots",
		reader->strings + reader->directories[number].path_offset);
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

static enum pyb_status verify_archive(const struct pyb_reader *reader, struct pyb_error *error)
{
	const struct pyb_bytes archive = pyb_reader_bytes(reader, PYB_SECTION_ARCHIVE);

	if (archive.data == NULL || pyb_archive_is_sound(archive.data, archive.size))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED, "the archive at the end is malformed");
}

static enum pyb_status verify_harmless(const struct pyb_reader *reader, struct pyb_error *error)
{
	const struct pyb_bytes names = pyb_reader_bytes(reader, PYB_SECTION_HARMLESS);
	uint32_t count;

	if (pyb_name_list_is_sound(&names, &count))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED, "the names of harmless modules are malformed");
}

static enum pyb_status verify_image(const struct pyb_reader *reader, struct pyb_error *error)
{
	struct pyb_image_view view;
	enum pyb_status status;

	if (reader->image == NULL)
		return PYB_OK;
	status = pyb_image_open(reader, &view, error);
	return status == PYB_OK ? pyb_image_verify(&view, error) : status;
}

/* One that this version does not know, it does without. */
static enum pyb_status verify_snapshot(const struct pyb_reader *reader, struct pyb_error *error)
{
	struct pyb_error fault = {0};
	const enum pyb_status status = pyb_snapshot_verify(reader, &fault);

	if (status == PYB_OK || status == PYB_ERR_UNSUPPORTED)
		return PYB_OK;
	return pyb_error_set(error, status, "%s", fault.text);
}

static enum pyb_status verify_no_snapshot(const struct pyb_reader *reader, struct pyb_error *error)
{
	const struct pyb_bytes text = pyb_reader_bytes(reader, PYB_SECTION_NO_SNAPSHOT);

	if (pyb_reader_section(reader, PYB_SECTION_NO_SNAPSHOT) == NULL)
		return PYB_OK;
	if (text.size > 0 && text.size <= PYB_NO_SNAPSHOT_MAX &&
	    memchr(text.data, '\0', text.size) == NULL)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED,
			     "the reason why there is no snapshot is malformed");
}

enum pyb_status pyb_reader_verify(const struct pyb_reader *reader, struct pyb_error *error)
{
	enum pyb_status status = verify_sections(reader, error);

	if (status == PYB_OK)
		status = verify_gaps(reader, error);
	if (status == PYB_OK)
		status = verify_content_id(reader, error);
	if (status == PYB_OK)
		status = verify_index(reader, error);
	if (status == PYB_OK)
		status = verify_archive(reader, error);
	if (status == PYB_OK)
		status = verify_harmless(reader, error);
	if (status == PYB_OK)
		status = verify_image(reader, error);
	if (status == PYB_OK)
		status = verify_snapshot(reader, error);
	if (status == PYB_OK)
		status = verify_no_snapshot(reader, error);
	for (uint32_t i = 0; status == PYB_OK && i < reader->directory_count; i++)
		status = verify_directory(reader, i, error);
	for (uint32_t i = 0; status == PYB_OK && i < reader->module_count; i++)
		status = verify_module(reader, i, error);
	if (status == PYB_OK)
		status = verify_shadows(reader, error);
	if (status == PYB_OK)
		status = pyb_memos_verify(reader, error);
	return status;
}
