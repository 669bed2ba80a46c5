/* SPDX-License-Identifier: MIT */
#include "lib/reader.h"

#include <string.h>

#include "lib/digest.h"
#include "lib/header.h"

enum { STARTUP_CODE = 0, DEMAND_CODE = 1 };
enum { HOT_OBJECTS = 0, COLD_OBJECTS = 1 };

static enum pyb_status damaged(const struct pyb_reader *reader, const void *place,
			       struct pyb_error *error, const char *what)
{
	const uint64_t offset = (uint64_t)((const uint8_t *)place - reader->file);
	return pyb_error_set_at(error, PYB_ERR_DAMAGED, offset, "%s (at byte %llu)", what,
				(unsigned long long)offset);
}

const struct pyb_section *pyb_reader_section(const struct pyb_reader *reader,
					     enum pyb_section_type type)
{
	return pyb_header_section(reader->header, type);
}

/* It lies in the file, which may be longer than what there is of it. */
static bool is_in_memory(const struct pyb_reader *reader, const struct pyb_section *section)
{
	return section->offset + section->stored_size <= reader->size;
}

struct pyb_bytes pyb_reader_bytes(const struct pyb_reader *reader, enum pyb_section_type type)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);

	if (section == NULL || !is_in_memory(reader, section))
		return (struct pyb_bytes){0};
	return (struct pyb_bytes){.data = reader->file + section->offset,
				  .size = section->stored_size};
}

enum pyb_status pyb_reader_check_section(const struct pyb_reader *reader,
					 const struct pyb_section *section, struct pyb_error *error)
{
	const uint8_t *const bytes = reader->file + section->offset;

	if (!is_in_memory(reader, section))
		return pyb_error_set(error, PYB_ERR_INVALID, "section '%s' is not in memory",
				     pyb_section_name(section->type));
	if (pyb_digest64(bytes, section->stored_size) == section->checksum)
		return PYB_OK;
	return pyb_error_set_at(error, PYB_ERR_DAMAGED, section->offset,
				"the checksum of section '%s' is wrong (at byte %llu)",
				pyb_section_name(section->type),
				(unsigned long long)section->offset);
}

/*
 * Check a table section and find its records. A missing section is an empty table.
 * *count is the number of records of `record_size` bytes.
 */
static enum pyb_status open_table(const struct pyb_reader *reader, enum pyb_section_type type,
				  size_t record_size, const void **table, uint32_t *count,
				  struct pyb_error *error)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);

	*table = reader->file + PYB_PAGE_SIZE;
	*count = 0;
	if (section == NULL)
		return PYB_OK;
	if (section->size % record_size != 0 || section->size / record_size >= PYB_NONE)
		return damaged(reader, reader->file + section->offset, error,
			       "a table does not consist of whole records");
	*table = reader->file + section->offset;
	*count = (uint32_t)(section->size / record_size);
	return pyb_reader_check_section(reader, section, error);
}

static enum pyb_status open_strings(struct pyb_reader *reader, struct pyb_error *error)
{
	const void *bytes;
	uint32_t size;
	const enum pyb_status status =
		open_table(reader, PYB_SECTION_STRINGS, 1, &bytes, &size, error);

	if (status != PYB_OK)
		return status;
	reader->strings = bytes;
	reader->string_size = size;
	if (size == 0 || reader->strings[size - 1] != '\0')
		return damaged(reader, bytes, error, "the strings do not end with a NUL");
	return PYB_OK;
}

/* The mask is only right for a power of two; with a slot free, every probe ends. */
static enum pyb_status open_index(struct pyb_reader *reader, struct pyb_error *error)
{
	const void *slots;
	uint32_t count;
	const enum pyb_status status =
		open_table(reader, PYB_SECTION_INDEX, sizeof(uint32_t), &slots, &count, error);

	if (status != PYB_OK)
		return status;
	if (count == 0 || (count & (count - 1)) != 0 ||
	    count / PYB_INDEX_LOAD < reader->module_count)
		return damaged(reader, slots, error, "the index has a wrong number of slots");
	reader->index = slots;
	reader->index_mask = count - 1;
	return PYB_OK;
}

static void open_code(struct pyb_reader *reader, enum pyb_section_type type, struct pyb_bytes *code)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);

	*code = (struct pyb_bytes){0};
	if (section == NULL)
		return;
	code->size = section->size;
	if ((section->flags & PYB_SECTION_FLAG_ZSTD) == 0)
		code->data = reader->file + section->offset;
}

/* The checksums in IMAGE are those of its parts: see image.c. */
static enum pyb_status open_image(struct pyb_reader *reader, struct pyb_error *error)
{
	const struct pyb_bytes image = pyb_reader_bytes(reader, PYB_SECTION_IMAGE);

	if (reader->header->payload != PYB_PAYLOAD_IMAGE)
		return PYB_OK;
	if (image.size < sizeof(struct pyb_image))
		return damaged(reader, image.data, error,
			       "the description of the image is cut off");
	reader->image = (const struct pyb_image *)(const void *)image.data;
	reader->objects[HOT_OBJECTS] = pyb_reader_bytes(reader, PYB_SECTION_HOT);
	reader->objects[COLD_OBJECTS] = pyb_reader_bytes(reader, PYB_SECTION_COLD);
	return PYB_OK;
}

/*
 * They are looked at one and all: were one out of order, a folder that is bundled would be taken for
 * one that is not, and the other way round, and nobody would notice.
 */
static enum pyb_status check_directories(const struct pyb_reader *reader, struct pyb_error *error)
{
	struct pyb_string before = {.text = "", .size = 0};

	for (uint32_t i = 0; i < reader->directory_count; i++) {
		const struct pyb_directory *record;
		struct pyb_string path;
		const enum pyb_status status =
			pyb_reader_directory(reader, i, &record, &path, error);
		if (status != PYB_OK)
			return status;
		if (strcmp(before.text, path.text) >= 0)
			return damaged(reader, record, error,
				       "the directories are not sorted, or one is there twice");
		before = path;
	}
	return PYB_OK;
}

static enum pyb_status open_tables(struct pyb_reader *reader, struct pyb_error *error)
{
	const void *modules, *directories, *shadows;
	enum pyb_status status = open_strings(reader, error);

	if (status == PYB_OK)
		status = open_table(reader, PYB_SECTION_MODULES, sizeof(struct pyb_module),
				    &modules, &reader->module_count, error);
	if (status == PYB_OK)
		status = open_index(reader, error);
	if (status == PYB_OK)
		status = open_table(reader, PYB_SECTION_DIRECTORIES, sizeof(struct pyb_directory),
				    &directories, &reader->directory_count, error);
	if (status == PYB_OK)
		status = open_table(reader, PYB_SECTION_SHADOWS, sizeof(struct pyb_shadow),
				    &shadows, &reader->shadow_count, error);
	if (status == PYB_OK)
		status = open_image(reader, error);
	if (status != PYB_OK)
		return status;
	reader->modules = modules;
	reader->directories = directories;
	reader->shadows = shadows;
	return check_directories(reader, error);
}

static bool lacks_something(const struct pyb_reader *reader)
{
	bool lacks = false;

	for (uint32_t i = 0; i < reader->header->section_count && !lacks; i++) {
		const struct pyb_section *const section = &reader->header->sections[i];
		lacks = pyb_section_is_read(section->type) && !is_in_memory(reader, section);
	}
	return lacks;
}

enum pyb_status pyb_reader_init(struct pyb_reader *reader, const void *file, size_t size,
				struct pyb_error *error)
{
	return pyb_reader_init_part(reader, file, size, size, error);
}

enum pyb_status pyb_reader_init_part(struct pyb_reader *reader, const void *file, size_t size,
				     uint64_t file_size, struct pyb_error *error)
{
	const char *reason = NULL;
	const enum pyb_status status = pyb_header_check(file, size, file_size, &reason);

	if (status != PYB_OK)
		return pyb_error_set(error, status, "%s", reason);
	*reader = (struct pyb_reader){.header = file, .file = file, .size = size};
	if (lacks_something(reader))
		return pyb_error_set(error, PYB_ERR_INVALID, "too little of it is in memory");
	open_code(reader, PYB_SECTION_STARTUP, &reader->code[STARTUP_CODE]);
	open_code(reader, PYB_SECTION_DEMAND, &reader->code[DEMAND_CODE]);
	return open_tables(reader, error);
}

/* A range of the strings section that ends with a NUL, or an empty string. */
static bool get_string(const struct pyb_reader *reader, uint32_t offset, uint32_t size,
		       struct pyb_string *string)
{
	*string = (struct pyb_string){.text = "", .size = 0};
	if (size == 0)
		return offset == 0;
	if ((uint64_t)offset + size >= reader->string_size)
		return false;
	string->text = reader->strings + offset;
	string->size = size;
	return string->text[size] == '\0' && memchr(string->text, '\0', size) == NULL;
}

static bool is_number_or_none(uint32_t number, uint32_t count)
{
	return number < count || number == PYB_NONE;
}

static const struct pyb_bytes *code_section(const struct pyb_reader *reader,
					    const struct pyb_module *module)
{
	const bool startup = (module->flags & PYB_MODULE_FLAG_STARTUP) != 0;
	return &reader->code[startup ? STARTUP_CODE : DEMAND_CODE];
}

static bool is_range_of(const struct pyb_bytes *bytes, uint64_t offset, uint64_t size)
{
	return offset <= bytes->size && size <= bytes->size - offset;
}

/* Offset 0 means that there is none. */
static bool code_object_is_sound(const struct pyb_reader *reader, const struct pyb_module *module)
{
	const uint64_t span = reader->image->hot_span, offset = module->code_offset;

	return module->code_checksum == 0 && module->code_size > 0 && offset > 0 &&
	       offset % PYB_IMAGE_UNIT == 0 &&
	       (offset < span
			? is_range_of(&reader->objects[HOT_OBJECTS], offset, module->code_size)
			: is_range_of(&reader->objects[COLD_OBJECTS], offset - span,
				      module->code_size));
}

static bool code_range_is_sound(const struct pyb_reader *reader, const struct pyb_module *module)
{
	if (module->kind != PYB_MODULE_SOURCE)
		return module->code_offset == 0 && module->code_size == 0 &&
		       module->code_checksum == 0;
	if (reader->image != NULL)
		return code_object_is_sound(reader, module);
	return module->code_size > 0 && module->code_offset % 16 == 0 &&
	       is_range_of(code_section(reader, module), module->code_offset, module->code_size);
}

static bool numbers_are_sound(const struct pyb_reader *reader, const struct pyb_module *module)
{
	const bool package = (module->flags & PYB_MODULE_FLAG_PACKAGE) != 0;

	return is_number_or_none(module->directory, reader->directory_count) &&
	       is_number_or_none(module->package_directory, reader->directory_count) &&
	       is_number_or_none(module->parent, reader->module_count) &&
	       package == (module->package_directory != PYB_NONE);
}

static bool kind_is_sound(const struct pyb_module *module)
{
	const uint8_t of_source = PYB_MODULE_FLAG_HASHED | PYB_MODULE_FLAG_FROM_CACHED;
	const uint8_t known = PYB_MODULE_FLAG_PACKAGE | PYB_MODULE_FLAG_STARTUP |
			      PYB_MODULE_FLAG_PLACED | PYB_MODULE_FLAG_LINKED | of_source;

	if ((module->flags & ~known) != 0 || module->reserved != 0 ||
	    (module->flags & of_source) == of_source ||
	    ((module->flags & PYB_MODULE_FLAG_FROM_CACHED) != 0 && module->cached_size == 0))
		return false;
	if (module->kind != PYB_MODULE_SOURCE &&
	    ((module->flags & of_source) != 0 || module->source_hash != 0))
		return false;
	if (module->kind == PYB_MODULE_ABSENT)
		return module->flags == 0 && module->origin_size == 0 && module->cached_size == 0 &&
		       module->mtime_ns == 0 && module->file_size == 0;
	return (module->kind == PYB_MODULE_SOURCE || module->kind == PYB_MODULE_EXTENSION) &&
	       module->origin_size > 0 && module->directory != PYB_NONE;
}

enum pyb_status pyb_reader_module(const struct pyb_reader *reader, uint32_t number,
				  struct pyb_module_view *view, struct pyb_error *error)
{
	if (number >= reader->module_count)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "there is no module record %u",
				     number);
	const struct pyb_module *const module = &reader->modules[number];

	*view = (struct pyb_module_view){.record = module, .number = number};
	if (!get_string(reader, module->name_offset, module->name_size, &view->name) ||
	    !get_string(reader, module->origin_offset, module->origin_size, &view->origin) ||
	    !get_string(reader, module->cached_offset, module->cached_size, &view->cached) ||
	    module->name_size == 0)
		return damaged(reader, module, error, "a module record has a malformed string");
	if (view->origin.size > 0 && view->origin.text[0] != '/')
		return damaged(reader, module, error, "the path of a module is not absolute");
	if (!kind_is_sound(module) || !numbers_are_sound(reader, module) ||
	    !code_range_is_sound(reader, module))
		return damaged(reader, module, error, "a module record has an illegal value");
	return PYB_OK;
}

enum pyb_status pyb_reader_find(const struct pyb_reader *reader, const char *name, size_t size,
				struct pyb_module_view *view, struct pyb_error *error)
{
	const uint64_t hash = pyb_digest64(name, size);
	uint32_t slot = (uint32_t)hash & reader->index_mask;

	*view = (struct pyb_module_view){0};
	for (uint32_t probes = 0; probes <= reader->index_mask && reader->index[slot] != 0;
	     probes++, slot = (slot + 1) & reader->index_mask) {
		const uint32_t number = reader->index[slot] - 1;
		if (number >= reader->module_count)
			return damaged(reader, &reader->index[slot], error,
				       "the index names a module that is not there");
		if (reader->modules[number].name_hash != hash)
			continue;
		const enum pyb_status status = pyb_reader_module(reader, number, view, error);
		if (status != PYB_OK)
			return status;
		if (view->name.size == size && memcmp(view->name.text, name, size) == 0)
			return PYB_OK;
	}
	*view = (struct pyb_module_view){0};
	return PYB_OK;
}

/* What is said about a folder's state agrees with itself. */
static bool state_is_sound(const struct pyb_directory *record)
{
	const bool missing = (record->flags & PYB_DIRECTORY_FLAG_MISSING) != 0;
	const bool unlisted = (record->flags & PYB_DIRECTORY_FLAG_UNLISTED) != 0;

	return (record->flags & ~PYB_DIRECTORY_FLAG_ALL) == 0 &&
	       !(missing && (unlisted || record->mtime_ns != 0 || record->inode != 0)) &&
	       !((missing || unlisted) && record->entries != 0) &&
	       !(record->inode == 0 && record->ctime_ns != 0);
}

enum pyb_status pyb_reader_directory(const struct pyb_reader *reader, uint32_t number,
				     const struct pyb_directory **record, struct pyb_string *path,
				     struct pyb_error *error)
{
	if (number >= reader->directory_count)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "there is no directory record %u",
				     number);
	*record = &reader->directories[number];
	if (!get_string(reader, (*record)->path_offset, (*record)->path_size, path) ||
	    path->size == 0 || path->text[0] != '/' ||
	    !is_number_or_none((*record)->package, reader->module_count) ||
	    !state_is_sound(*record))
		return damaged(reader, *record, error, "a directory record has an illegal value");
	return PYB_OK;
}

static int compare_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
	const int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
	if (order != 0)
		return order;
	return a_size < b_size ? -1 : a_size > b_size;
}

uint32_t pyb_reader_find_directory(const struct pyb_reader *reader, const char *path, size_t size)
{
	uint32_t low = 0;
	uint32_t high = reader->directory_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		/* Its path was checked when the bundle was opened. */
		const struct pyb_directory *const record = &reader->directories[middle];
		const int order = compare_bytes(reader->strings + record->path_offset,
						record->path_size, path, size);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return PYB_NONE;
}

bool pyb_reader_is_shadowed(const struct pyb_reader *reader, uint32_t directory, uint32_t module)
{
	uint32_t low = 0;
	uint32_t high = reader->shadow_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct pyb_shadow *const shadow = &reader->shadows[middle];
		if (shadow->directory == directory && shadow->module == module)
			return true;
		if (shadow->directory < directory ||
		    (shadow->directory == directory && shadow->module < module))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void pyb_reader_set_code(struct pyb_reader *reader, enum pyb_section_type type, const void *data)
{
	reader->code[type == PYB_SECTION_STARTUP ? STARTUP_CODE : DEMAND_CODE].data = data;
}

enum pyb_status pyb_reader_code(const struct pyb_reader *reader, const struct pyb_module_view *view,
				struct pyb_bytes *code, struct pyb_error *error)
{
	const struct pyb_module *const module = view->record;
	const struct pyb_bytes *const section = code_section(reader, module);

	*code = (struct pyb_bytes){0};
	if (module->kind != PYB_MODULE_SOURCE)
		return pyb_error_set(error, PYB_ERR_INVALID, "module '%s' has no code",
				     view->name.text);
	if (reader->image != NULL)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the code of module '%s' is an object of the image",
				     view->name.text);
	if (section->data == NULL)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the code of module '%s' is not decompressed",
				     view->name.text);
	const uint8_t *const data = section->data + module->code_offset;
	if (pyb_digest64(data, module->code_size) != module->code_checksum)
		return pyb_error_set_at(error, PYB_ERR_DAMAGED, module->code_offset,
					"the checksum of module '%s' is wrong", view->name.text);
	*code = (struct pyb_bytes){.data = data, .size = module->code_size};
	return PYB_OK;
}
