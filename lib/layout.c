/* SPDX-License-Identifier: MIT */
/*
 * From a description to the tables of a bundle. Everything that decides their bytes is here: the
 * order of records and of strings. Nothing depends on addresses, time or locale.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/description.h"
#include "lib/digest.h"
#include "lib/image_tables.h"
#include "lib/name_list.h"

enum { CODE_ALIGNMENT = 16 };

/* The sections while they grow. */
struct layout {
	struct pyb_writer *writer;
	struct pyb_buffer contents[PYB_SECTION_TYPE_COUNT];
	struct pyb_error *error;
};

static enum pyb_status add_string(struct layout *layout, const char *text, uint32_t *offset,
				  uint32_t *size)
{
	struct pyb_buffer *const strings = &layout->contents[PYB_SECTION_STRINGS];
	const size_t length = text == NULL ? 0 : strlen(text);

	*offset = 0;
	*size = 0;
	if (length == 0)
		return PYB_OK;
	if (length >= PYB_NONE - strings->size)
		return pyb_error_set(layout->error, PYB_ERR_INVALID, "the names need over 4 GiB");
	*offset = (uint32_t)strings->size;
	*size = (uint32_t)length;
	return pyb_buffer_append(strings, text, length + 1, layout->error);
}

/* Startup modules first, as they were added; then all others by name. */
static int compare_modules(const void *a, const void *b)
{
	const struct pyb_described_module *const x = *(struct pyb_described_module *const *)a;
	const struct pyb_described_module *const y = *(struct pyb_described_module *const *)b;

	if (x->given.startup != y->given.startup)
		return x->given.startup ? -1 : 1;
	if (x->given.startup)
		return x->number < y->number ? -1 : x->number > y->number;
	return strcmp(x->given.name, y->given.name);
}

static int compare_paths(const void *a, const void *b)
{
	const struct pyb_described_directory *const x = *(struct pyb_described_directory *const *)a;
	const struct pyb_described_directory *const y = *(struct pyb_described_directory *const *)b;
	return strcmp(x->given.path, y->given.path);
}

/* A sorted copy of an array of pointers; the writer's own numbers index the original. */
static void *sorted_copy(const void *pointers, uint32_t count,
			 int (*compare)(const void *, const void *))
{
	void *const copy = calloc((size_t)count + 1, sizeof(void *));

	if (copy == NULL || count == 0)
		return copy;
	memcpy(copy, pointers, (size_t)count * sizeof(void *));
	qsort(copy, count, sizeof(void *), compare);
	return copy;
}

static enum pyb_status lay_out_code(struct layout *layout, const struct pyb_writer_module *module,
				    struct pyb_module *record)
{
	const enum pyb_section_type type =
		module->startup ? PYB_SECTION_STARTUP : PYB_SECTION_DEMAND;
	struct pyb_buffer *const section = &layout->contents[type];

	if (module->code == NULL)
		return pyb_error_set(layout->error, PYB_ERR_INVALID, "module '%s' has no code",
				     module->name);
	const enum pyb_status status = pyb_buffer_align(section, CODE_ALIGNMENT, layout->error);

	if (status != PYB_OK)
		return status;
	record->code_offset = section->size;
	record->code_size = module->code_size;
	record->code_checksum = pyb_digest64(module->code, module->code_size);
	return pyb_buffer_append(section, module->code, module->code_size, layout->error);
}

/* Whether the image has a record for each module is known before. */
static void lay_out_code_object(const struct layout *layout, uint32_t number,
				struct pyb_module *record)
{
	const struct pyb_writer_image *const image = &layout->writer->image;
	struct pyb_image_module module;

	memcpy(&module,
	       (const char *)image->image + sizeof(struct pyb_image) + number * sizeof(module),
	       sizeof(module));
	record->code_offset = (uint64_t)module.code * PYB_IMAGE_UNIT;
	record->code_size = image->code_sizes[number];
}

static uint32_t directory_record(const struct layout *layout, uint32_t number)
{
	return number == PYB_NONE ? PYB_NONE : layout->writer->directories[number]->record;
}

static enum pyb_status find_parent(const struct layout *layout, const char *name, uint32_t *record)
{
	const char *const dot = strrchr(name, '.');

	*record = PYB_NONE;
	if (dot == NULL)
		return PYB_OK;
	char *const parent_name = strndup(name, (size_t)(dot - name));
	if (parent_name == NULL)
		return pyb_error_set(layout->error, PYB_ERR_MEMORY, "out of memory");
	const struct pyb_described_module *const parent =
		pyb_described_module(layout->writer, parent_name);
	if (parent != NULL)
		*record = parent->record;
	free(parent_name);
	return PYB_OK;
}

/* The modules in the order of their records; the caller frees the array. NULL without memory. */
static struct pyb_described_module **ordered_modules(const struct pyb_writer *writer)
{
	return sorted_copy(writer->modules, writer->module_count, compare_modules);
}

enum pyb_status pyb_writer_order(const struct pyb_writer *writer, uint32_t *order,
				 struct pyb_error *error)
{
	struct pyb_described_module **const modules = ordered_modules(writer);

	if (modules == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < writer->module_count; i++)
		order[i] = modules[i]->number;
	free(modules);
	return PYB_OK;
}

static enum pyb_status lay_out_module(struct layout *layout,
				      const struct pyb_described_module *described,
				      struct pyb_module *record)
{
	const struct pyb_writer_module *const module = &described->given;
	enum pyb_status status;

	record->kind = (uint8_t)module->kind;
	record->flags = (uint8_t)((module->package ? PYB_MODULE_FLAG_PACKAGE : 0) |
				  (module->startup ? PYB_MODULE_FLAG_STARTUP : 0) |
				  (module->placed ? PYB_MODULE_FLAG_PLACED : 0) |
				  (module->linked ? PYB_MODULE_FLAG_LINKED : 0) |
				  (module->hashed ? PYB_MODULE_FLAG_HASHED : 0) |
				  (module->from_cached ? PYB_MODULE_FLAG_FROM_CACHED : 0));
	record->directory = directory_record(layout, module->directory);
	record->package_directory = directory_record(layout, module->package_directory);
	record->mtime_ns = module->mtime_ns;
	record->file_size = module->file_size;
	record->source_hash = module->source_hash;
	record->name_hash = pyb_digest64(module->name, strlen(module->name));
	status = find_parent(layout, module->name, &record->parent);
	if (status == PYB_OK)
		status = add_string(layout, module->name, &record->name_offset, &record->name_size);
	if (status == PYB_OK)
		status = add_string(layout, module->origin, &record->origin_offset,
				    &record->origin_size);
	if (status == PYB_OK)
		status = add_string(layout, module->cached, &record->cached_offset,
				    &record->cached_size);
	if (status != PYB_OK || module->kind != PYB_MODULE_SOURCE)
		return status;
	if (layout->writer->image.image == NULL)
		return lay_out_code(layout, module, record);
	lay_out_code_object(layout, described->record, record);
	return PYB_OK;
}

static enum pyb_status lay_out_modules(struct layout *layout)
{
	const struct pyb_writer *const writer = layout->writer;
	enum pyb_status status = PYB_OK;
	struct pyb_described_module **const order = ordered_modules(writer);

	if (order == NULL)
		return pyb_error_set(layout->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < writer->module_count; i++)
		order[i]->record = i;
	for (uint32_t i = 0; i < writer->module_count && status == PYB_OK; i++) {
		struct pyb_module record = {0};
		status = lay_out_module(layout, order[i], &record);
		if (status == PYB_OK)
			status = pyb_buffer_append(&layout->contents[PYB_SECTION_MODULES], &record,
						   sizeof(record), layout->error);
	}
	free(order);
	return status;
}

static uint32_t package_of(const struct pyb_writer *writer, uint32_t directory)
{
	for (uint32_t i = 0; i < writer->module_count; i++)
		if (writer->modules[i]->given.package_directory == directory)
			return writer->modules[i]->record;
	return PYB_NONE;
}

/* Runs before the modules are laid out, which name directories by their records. */
static enum pyb_status number_directories(struct layout *layout,
					  struct pyb_described_directory ***order)
{
	const struct pyb_writer *const writer = layout->writer;

	*order = sorted_copy(writer->directories, writer->directory_count, compare_paths);
	if (*order == NULL)
		return pyb_error_set(layout->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < writer->directory_count; i++)
		(*order)[i]->record = i;
	return PYB_OK;
}

static enum pyb_status lay_out_directories(struct layout *layout,
					   struct pyb_described_directory *const *order)
{
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < layout->writer->directory_count && status == PYB_OK; i++) {
		const struct pyb_writer_directory *const directory = &order[i]->given;
		struct pyb_directory record = {
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): not above the count */
			.mtime_ns = directory->mtime_ns,
			.ctime_ns = directory->ctime_ns,
			.inode = directory->inode,
			.entries = directory->entries,
			.sys_path = directory->sys_path,
			.root = directory->root,
			.package = package_of(layout->writer, order[i]->number),
			.flags = (directory->missing ? PYB_DIRECTORY_FLAG_MISSING : 0) |
				 (directory->unlisted ? PYB_DIRECTORY_FLAG_UNLISTED : 0)};
		status =
			add_string(layout, directory->path, &record.path_offset, &record.path_size);
		if (status == PYB_OK)
			status = pyb_buffer_append(&layout->contents[PYB_SECTION_DIRECTORIES],
						   &record, sizeof(record), layout->error);
	}
	return status;
}

static int compare_shadows(const void *a, const void *b)
{
	const struct pyb_shadow *const x = a;
	const struct pyb_shadow *const y = b;

	if (x->directory != y->directory)
		return x->directory < y->directory ? -1 : 1;
	return x->module < y->module ? -1 : x->module > y->module;
}

static enum pyb_status lay_out_shadows(struct layout *layout)
{
	const struct pyb_writer *const writer = layout->writer;
	struct pyb_buffer *const section = &layout->contents[PYB_SECTION_SHADOWS];
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < writer->shadow_count && status == PYB_OK; i++) {
		const struct pyb_shadow record = {
			.directory = writer->directories[writer->shadows[i].directory]->record,
			.module = writer->modules[writer->shadows[i].module]->record};
		status = pyb_buffer_append(section, &record, sizeof(record), layout->error);
	}
	if (status == PYB_OK && section->size > 0)
		qsort(section->data, section->size / sizeof(struct pyb_shadow),
		      sizeof(struct pyb_shadow), compare_shadows);
	return status;
}

/* Open addressing with linear probing; a power of two at least PYB_INDEX_LOAD times the modules. */
static enum pyb_status lay_out_index(struct layout *layout)
{
	const struct pyb_buffer *const table = &layout->contents[PYB_SECTION_MODULES];
	const struct pyb_module *const modules = (const struct pyb_module *)(void *)table->data;
	const uint32_t count = layout->writer->module_count;
	struct pyb_buffer *const section = &layout->contents[PYB_SECTION_INDEX];
	size_t slot_count = 2;

	while (slot_count / PYB_INDEX_LOAD < count || slot_count < 4)
		slot_count *= 2;
	uint32_t *const slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return pyb_error_set(layout->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < count; i++) {
		size_t slot = modules[i].name_hash & (slot_count - 1);
		while (slots[slot] != 0)
			slot = (slot + 1) & (slot_count - 1);
		slots[slot] = i + 1;
	}
	const enum pyb_status status =
		pyb_buffer_append(section, slots, slot_count * sizeof(*slots), layout->error);
	free(slots);
	return status;
}

static enum pyb_status lay_out_tables(struct layout *layout)
{
	struct pyb_described_directory **order = NULL;
	enum pyb_status status = number_directories(layout, &order);

	/* Not even an empty bundle lacks the strings section. */
	if (status == PYB_OK)
		status = pyb_buffer_append(&layout->contents[PYB_SECTION_STRINGS], "", 1,
					   layout->error);
	if (status == PYB_OK)
		status = lay_out_modules(layout);
	if (status == PYB_OK)
		status = lay_out_directories(layout, order);
	if (status == PYB_OK)
		status = lay_out_shadows(layout);
	if (status == PYB_OK)
		status = lay_out_index(layout);
	free(order);
	return status;
}

/* A copy of the image's description, with its checksums. */
static enum pyb_status lay_out_image(struct layout *layout)
{
	const struct pyb_writer_image *const given = &layout->writer->image;
	struct pyb_buffer *const section = &layout->contents[PYB_SECTION_IMAGE];
	const struct pyb_bytes relocations = {.data = (const void *)given->relocations,
					      .size = given->relocation_count *
						      sizeof(*given->relocations)};
	const struct pyb_bytes cold = {.data = given->cold, .size = given->cold_size};
	const enum pyb_status status =
		pyb_buffer_append(section, given->image, given->image_size, layout->error);

	if (status != PYB_OK || given->image == NULL)
		return status;
	if (!pyb_image_stamp((struct pyb_image *)(void *)section->data, section->size, &relocations,
			     &cold))
		return pyb_error_set(layout->error, PYB_ERR_INVALID,
				     "the tables of the image have wrong sizes");
	return PYB_OK;
}

/* What has to be right before the image's records of modules are read. */
static enum pyb_status check_image(const struct pyb_writer *writer, struct pyb_error *error)
{
	const struct pyb_writer_image *const image = &writer->image;
	const struct pyb_bytes names = pyb_described_section(writer, PYB_SECTION_FROZEN);
	struct pyb_image description;
	uint32_t frozen_count;

	if (image->image == NULL && names.size == 0)
		return PYB_OK;
	if (image->image == NULL)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "only an image has code of frozen modules");
	if (!pyb_name_list_is_sound(&names, &frozen_count))
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the names of frozen modules are malformed");
	const uint64_t count = (uint64_t)writer->module_count + frozen_count;
	if (image->image_size < sizeof(description) ||
	    (image->image_size - sizeof(description)) / sizeof(struct pyb_image_module) < count)
		return pyb_error_set(error, PYB_ERR_INVALID, "the image is cut off");
	memcpy(&description, image->image, sizeof(description));
	if (description.module_count != count)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the image has %" PRIu32 " modules, the bundle %" PRIu64,
				     description.module_count, count);
	return PYB_OK;
}

enum pyb_status pyb_layout(struct pyb_writer *writer, struct pyb_buffer *file,
			   struct pyb_error *error)
{
	struct layout layout = {.writer = writer, .error = error};
	enum pyb_status status = check_image(writer, error);

	if (status == PYB_OK)
		status = lay_out_tables(&layout);
	if (status == PYB_OK)
		status = lay_out_image(&layout);
	if (status == PYB_OK)
		status = pyb_assemble(writer, layout.contents, file, error);
	for (size_t i = 0; i < PYB_SECTION_TYPE_COUNT; i++)
		pyb_buffer_release(&layout.contents[i]);
	return status;
}
