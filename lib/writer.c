/* SPDX-License-Identifier: MIT */
#include "lib/writer.h"
#include "lib/array.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/archive.h"
#include "lib/codec.h"
#include "lib/description.h"
#include "lib/header.h"
#include "lib/output.h"
#include "lib/policy.h"

static enum pyb_status out_of_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

/* Copy an optional string. */
static enum pyb_status copy_string(const char *text, const char **copy, struct pyb_error *error)
{
	*copy = NULL;
	if (text == NULL)
		return PYB_OK;
	*copy = strdup(text);
	return *copy == NULL ? out_of_memory(error) : PYB_OK;
}

static enum pyb_status copy_bytes(const void *bytes, size_t size, const void **copy,
				  struct pyb_error *error)
{
	void *const room = malloc(size == 0 ? 1 : size);

	*copy = room;
	if (room == NULL)
		return out_of_memory(error);
	if (size > 0)
		memcpy(room, bytes, size);
	return PYB_OK;
}

static int compare_directories(const void *a, const void *b)
{
	return strcmp(((const struct pyb_described_directory *)a)->given.path,
		      ((const struct pyb_described_directory *)b)->given.path);
}

static enum pyb_status check_options(const struct pyb_writer_options *options,
				     struct pyb_error *error)
{
	if (options->name == NULL || *options->name == '\0')
		return pyb_error_set(error, PYB_ERR_INVALID, "the bundle has no name");
	if (options->interpreter == NULL || *options->interpreter != '/')
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the interpreter's path is not absolute");
	if (options->producer == NULL || *options->producer == '\0')
		return pyb_error_set(error, PYB_ERR_INVALID, "the bundle has no producer");
	if (options->optimize > 2 || options->check > PYB_CHECK_HASH ||
	    (options->policies & ~PYB_POLICY_KNOWN) != 0 || options->compression_level < 0 ||
	    options->compression_level > PYB_COMPRESSION_LEVEL_MAX)
		return pyb_error_set(error, PYB_ERR_INVALID, "a policy has an illegal value");
	return PYB_OK;
}

enum pyb_status pyb_writer_create(const struct pyb_writer_options *options, struct pyb_writer **out,
				  struct pyb_error *error)
{
	enum pyb_status status = check_options(options, error);
	struct pyb_writer *writer = NULL;

	*out = NULL;
	if (status != PYB_OK)
		return status;
	writer = calloc(1, sizeof(*writer));
	if (writer == NULL)
		return out_of_memory(error);
	struct pyb_writer_options *const own = &writer->options;
	*own = *options;
	own->name = own->interpreter = own->entry = own->bootstrap = own->producer = NULL;
	status = copy_string(options->name, &own->name, error);
	if (status == PYB_OK)
		status = copy_string(options->interpreter, &own->interpreter, error);
	if (status == PYB_OK)
		status = copy_string(options->entry, &own->entry, error);
	if (status == PYB_OK)
		status = copy_string(options->bootstrap, &own->bootstrap, error);
	if (status == PYB_OK)
		status = copy_string(options->producer, &own->producer, error);
	if (status == PYB_OK)
		*out = writer;
	else
		pyb_writer_destroy(writer);
	return status;
}

static void free_module(struct pyb_described_module *module)
{
	if (module == NULL)
		return;
	free((char *)module->given.name);
	free((char *)module->given.origin);
	free((char *)module->given.cached);
	free((void *)module->given.code);
	free(module);
}

static void free_directory(struct pyb_described_directory *directory)
{
	free((char *)directory->given.path);
	free(directory);
}

static void keep_node(void *node)
{
	(void)node; /* the nodes of the trees are freed through the arrays */
}

void pyb_writer_destroy(struct pyb_writer *writer)
{
	if (writer == NULL)
		return;
	tdestroy(writer->directory_tree, keep_node);
	tdestroy(writer->module_tree, keep_node);
	for (uint32_t i = 0; i < writer->directory_count; i++) {
		free_directory(writer->directories[i]);
	}
	for (uint32_t i = 0; i < writer->module_count; i++)
		free_module(writer->modules[i]);
	for (size_t i = 0; i < PYB_SECTION_TYPE_COUNT; i++)
		pyb_buffer_release(&writer->sections[i]);
	free(writer->directories);
	free(writer->modules);
	free(writer->shadows);
	free((char *)writer->options.name);
	free((char *)writer->options.interpreter);
	free((char *)writer->options.entry);
	free((char *)writer->options.bootstrap);
	free((char *)writer->options.producer);
	free(writer);
}

static struct pyb_described_directory *find_directory(const struct pyb_writer *writer,
						      const char *path)
{
	const struct pyb_described_directory key = {.given = {.path = path}};
	void *const *const node = tfind(&key, &writer->directory_tree, compare_directories);
	return node == NULL ? NULL : *node;
}

/* The rules of format.md for one folder. */
static enum pyb_status check_directory(const struct pyb_writer *writer,
				       const struct pyb_writer_directory *directory,
				       struct pyb_error *error)
{
	if (*directory->path != '/')
		return pyb_error_set(error, PYB_ERR_INVALID, "'%s' is not an absolute path",
				     directory->path);
	for (uint32_t i = 0; i < writer->directory_count; i++) {
		const struct pyb_writer_directory *const other = &writer->directories[i]->given;
		const bool same_entry =
			directory->sys_path != 0 && other->sys_path == directory->sys_path;
		if (same_entry || (directory->root != 0 && other->root == directory->root))
			return pyb_error_set(error, PYB_ERR_INVALID,
					     "'%s' and '%s' have the same place %s", other->path,
					     directory->path,
					     same_entry ? "on sys.path" : "among the roots");
	}
	return PYB_OK;
}

/* A copy without what is not to be known together; NULL without memory. */
static struct pyb_described_directory *copy_directory(const struct pyb_writer_directory *given)
{
	struct pyb_described_directory *const copy = calloc(1, sizeof(*copy));
	const bool has_inode = !given->missing && given->inode != 0;

	if (copy == NULL)
		return NULL;
	copy->given = (struct pyb_writer_directory){
		.path = strdup(given->path),
		.sys_path = given->sys_path,
		.root = given->root,
		.missing = given->missing,
		.unlisted = given->unlisted && !given->missing,
		.mtime_ns = given->missing ? 0 : given->mtime_ns,
		.ctime_ns = has_inode ? given->ctime_ns : 0,
		.inode = has_inode ? given->inode : 0,
		.entries = given->missing || given->unlisted ? 0 : given->entries};
	if (copy->given.path == NULL) {
		free(copy);
		return NULL;
	}
	return copy;
}

enum pyb_status pyb_writer_add_directory(struct pyb_writer *writer,
					 const struct pyb_writer_directory *directory,
					 uint32_t *number, struct pyb_error *error)
{
	const struct pyb_described_directory *const known = find_directory(writer, directory->path);
	enum pyb_status status;

	if (known != NULL) {
		*number = known->number;
		return PYB_OK;
	}
	status = check_directory(writer, directory, error);
	if (status == PYB_OK)
		status = pyb_array_grow((void **)&writer->directories, writer->directory_count,
					sizeof(struct pyb_described_directory *), error);
	if (status != PYB_OK)
		return status;
	struct pyb_described_directory *const own = copy_directory(directory);
	if (own == NULL)
		return out_of_memory(error);
	if (tsearch(own, &writer->directory_tree, compare_directories) == NULL) {
		free_directory(own);
		return out_of_memory(error);
	}
	own->number = writer->directory_count;
	writer->directories[writer->directory_count++] = own;
	*number = own->number;
	return PYB_OK;
}

static bool is_number_or_none(uint32_t number, uint32_t count)
{
	return number < count || number == PYB_NONE;
}

/* The rules of format.md for one module, so that no reader has to refuse what was written. */
static enum pyb_status check_module(const struct pyb_writer *writer,
				    const struct pyb_writer_module *module, struct pyb_error *error)
{
	const bool source = module->kind == PYB_MODULE_SOURCE;
	const bool absent = module->kind == PYB_MODULE_ABSENT;

	if (module->name == NULL || *module->name == '\0')
		return pyb_error_set(error, PYB_ERR_INVALID, "a module has no name");
	if (pyb_described_module(writer, module->name) != NULL)
		return pyb_error_set(error, PYB_ERR_INVALID, "module '%s' is there twice",
				     module->name);
	if (!source && !absent && module->kind != PYB_MODULE_EXTENSION)
		return pyb_error_set(error, PYB_ERR_INVALID, "module '%s' is of no known kind",
				     module->name);
	if (absent != (module->origin == NULL) ||
	    (absent && (module->cached != NULL || module->mtime_ns != 0 || module->file_size != 0 ||
			module->package || module->startup || module->placed)) ||
	    (!source && (module->source_hash != 0 || module->hashed || module->from_cached)) ||
	    (module->from_cached && (module->cached == NULL || module->hashed)) ||
	    (!absent && *module->origin != '/') || (!source && module->code != NULL) ||
	    (module->code != NULL) != (module->code_size > 0) ||
	    !is_number_or_none(module->directory, writer->directory_count) ||
	    !is_number_or_none(module->package_directory, writer->directory_count) ||
	    (!absent && module->directory == PYB_NONE) ||
	    module->package != (module->package_directory != PYB_NONE))
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the description of module '%s' contradicts itself",
				     module->name);
	return PYB_OK;
}

static enum pyb_status copy_module(const struct pyb_writer_module *given,
				   struct pyb_writer_module *own, struct pyb_error *error)
{
	enum pyb_status status;

	*own = *given;
	own->name = own->origin = own->cached = NULL;
	own->code = NULL;
	status = copy_string(given->name, &own->name, error);
	if (status == PYB_OK)
		status = copy_string(given->origin, &own->origin, error);
	if (status == PYB_OK)
		status = copy_string(given->cached, &own->cached, error);
	if (status == PYB_OK && given->code != NULL)
		status = copy_bytes(given->code, given->code_size, &own->code, error);
	return status;
}

enum pyb_status pyb_writer_add_module(struct pyb_writer *writer,
				      const struct pyb_writer_module *module, uint32_t *number,
				      struct pyb_error *error)
{
	enum pyb_status status = check_module(writer, module, error);
	struct pyb_described_module *own = NULL;

	if (status == PYB_OK)
		status = pyb_array_grow((void **)&writer->modules, writer->module_count,
					sizeof(own), error);
	if (status != PYB_OK)
		return status;
	own = calloc(1, sizeof(*own));
	if (own == NULL)
		return out_of_memory(error);
	status = copy_module(module, &own->given, error);
	own->number = writer->module_count;
	if (status == PYB_OK &&
	    tsearch(own, &writer->module_tree, pyb_described_module_compare) == NULL)
		status = out_of_memory(error);
	if (status != PYB_OK) {
		free_module(own);
		return status;
	}
	writer->modules[writer->module_count++] = own;
	*number = own->number;
	return PYB_OK;
}

enum pyb_status pyb_writer_add_shadow(struct pyb_writer *writer, uint32_t directory,
				      uint32_t module, struct pyb_error *error)
{
	enum pyb_status status;

	if (directory >= writer->directory_count || module >= writer->module_count)
		return pyb_error_set(error, PYB_ERR_INVALID, "a shadow names no known record");
	status = pyb_array_grow((void **)&writer->shadows, writer->shadow_count,
				sizeof(struct pyb_shadow), error);
	if (status == PYB_OK)
		writer->shadows[writer->shadow_count++] =
			(struct pyb_shadow){.directory = directory, .module = module};
	return status;
}

enum pyb_status pyb_writer_set_image(struct pyb_writer *writer,
				     const struct pyb_writer_image *image, struct pyb_error *error)
{
	if (image != NULL && (image->image == NULL || image->code_sizes == NULL))
		return pyb_error_set(error, PYB_ERR_INVALID, "the image is not described");
	if (image != NULL && writer->options.compression_level > 0)
		return pyb_error_set(error, PYB_ERR_INVALID, "an image cannot be compressed");
	writer->image = image != NULL ? *image : (struct pyb_writer_image){0};
	return PYB_OK;
}

/* The two pass the contents from one to the other: one of them has them. */
static void put_section(struct pyb_writer *writer, enum pyb_section_type type,
			struct pyb_buffer own, struct pyb_bytes lent)
{
	pyb_buffer_release(&writer->sections[type]);
	writer->sections[type] = own;
	writer->lent[type] = lent;
}

static enum pyb_status check_given(enum pyb_section_type type, struct pyb_error *error)
{
	if (pyb_section_is_given(type))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_INVALID, "the section '%s' cannot be given as a whole",
			     pyb_section_name(type));
}

enum pyb_status pyb_writer_set_section(struct pyb_writer *writer, enum pyb_section_type type,
				       const void *data, size_t size, struct pyb_error *error)
{
	struct pyb_buffer given = {0};
	enum pyb_status status = check_given(type, error);

	if (status == PYB_OK)
		status = pyb_buffer_append(&given, data, size, error);
	if (status == PYB_OK)
		put_section(writer, type, given, (struct pyb_bytes){0});
	return status;
}

enum pyb_status pyb_writer_lend_section(struct pyb_writer *writer, enum pyb_section_type type,
					const void *data, size_t size, struct pyb_error *error)
{
	const enum pyb_status status = check_given(type, error);

	if (status == PYB_OK)
		put_section(writer, type, (struct pyb_buffer){0}, (struct pyb_bytes){data, size});
	return status;
}

/* The archive ends with its last page, so that it ends the file. */
enum pyb_status pyb_writer_set_main(struct pyb_writer *writer, const void *text, size_t size,
				    struct pyb_error *error)
{
	static const uint8_t zeros[PYB_PAGE_SIZE];
	const size_t whole = size + PYB_ARCHIVE_OVERHEAD;
	struct pyb_buffer *const own = &writer->sections[PYB_SECTION_ARCHIVE];
	enum pyb_status status;

	put_section(writer, PYB_SECTION_ARCHIVE, (struct pyb_buffer){0}, (struct pyb_bytes){0});
	if (text == NULL)
		return PYB_OK;
	if (size > PYB_ARCHIVE_TEXT_MAX)
		return pyb_error_set(error, PYB_ERR_INVALID, "the text of the archive is too long");
	status = pyb_buffer_append(own, zeros,
				   (PYB_PAGE_SIZE - whole % PYB_PAGE_SIZE) % PYB_PAGE_SIZE, error);
	if (status == PYB_OK)
		status = pyb_buffer_reserve(own, whole, error);
	if (status != PYB_OK)
		return status;
	pyb_archive_write(text, size, own->data + own->size);
	own->size += whole;
	return PYB_OK;
}

/* Nobody is to write into a bundle that is in use: see SECURITY.md. */
enum { BUNDLE_MODE = 0444, PRIVATE_MODE = 0400 };

void pyb_writer_set_private(struct pyb_writer *writer, bool is_private)
{
	writer->is_private = is_private;
}

enum pyb_status pyb_writer_lay_out(struct pyb_writer *writer, struct pyb_buffer *file,
				   struct pyb_error *error)
{
	return pyb_layout(writer, file, error);
}

enum pyb_status pyb_writer_write(struct pyb_writer *writer, const char *path, uint64_t *written,
				 struct pyb_error *error)
{
	const mode_t mode = writer->is_private ? PRIVATE_MODE : BUNDLE_MODE;
	struct pyb_buffer file = {0};
	enum pyb_status status = pyb_layout(writer, &file, error);

	if (status == PYB_OK)
		status = pyb_output_file(path, mode, file.data, file.size, error);
	*written = status == PYB_OK ? file.size : 0;
	pyb_buffer_release(&file);
	return status;
}
