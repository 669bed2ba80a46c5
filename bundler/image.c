/* SPDX-License-Identifier: MIT */
#include "bundler/image.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundler/child.h"
#include "bundler/marshal.h"
#include "bundler/records.h"
#include "bundler/scripts.h"

/* --- the builder */

static char *builder_in(const char *folder, const char *soabi)
{
	char *path = NULL;

	if (folder == NULL || asprintf(&path, "%s/pystart_imager.%s.so", folder, soabi) < 0)
		return NULL;
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Of PREFIX/bin/pybundle make PREFIX/lib/pystart; NULL if this program is elsewhere. */
static char *library_folder(void)
{
	char *const program = realpath("/proc/self/exe", NULL);
	char *folder = NULL;

	if (program == NULL)
		return NULL;
	char *const bin = dirname(program);
	if (strcmp(bin, "/bin") != 0 && asprintf(&folder, "%s/../lib/pystart", bin) < 0)
		folder = NULL;
	free(program);
	return folder;
}

char *image_find_builder(const char *soabi)
{
	const char *const named = getenv("PYSTART_LIBDIR");
	char *builder;

	if (named != NULL && named[0] != '\0')
		return builder_in(named, soabi);
	char *const folder = library_folder();
	builder = builder_in(folder, soabi);
	free(folder);
	return builder != NULL ? builder : builder_in(PKGLIBDIR, soabi);
}

/* --- the request */

static enum pyb_status append_module(struct pyb_buffer *request, const struct image_module *module,
				     uint32_t hexversion, struct pyb_buffer *scratch,
				     struct pyb_error *error)
{
	enum pyb_status status;

	if (module->code == NULL)
		return record_append(request, '-', NULL, 0, error);
	scratch->size = 0;
	status = marshal_canonical(module->code, module->code_size, hexversion, MARSHAL_LIST_SETS,
				   scratch, error);
	if (status != PYB_OK)
		return status;
	return record_append(request, module->startup ? 's' : 'o', scratch->data, scratch->size,
			     error);
}

static enum pyb_status encode(const char *builder, uint32_t hexversion,
			      const struct image_module *modules, uint32_t count,
			      struct pyb_buffer *request, struct pyb_error *error)
{
	struct pyb_buffer scratch = {0};
	enum pyb_status status = record_append(request, 'l', builder, strlen(builder), error);

	for (uint32_t i = 0; i < count && status == PYB_OK; i++)
		status = append_module(request, &modules[i], hexversion, &scratch, error);
	pyb_buffer_release(&scratch);
	return status;
}

/* --- the answer */

/* The types of the records, in the order of image->memory. */
static const char part_types[] = "IPHCS";

static enum pyb_status refusal(const struct record *record, struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED, "%.*s", (int)record->size,
			     record->payload == NULL ? "" : (const char *)record->payload);
}

/* The payload goes to the image. */
static enum pyb_status take_part(struct image *image, struct record *record,
				 struct pyb_error *error)
{
	const char *const type = record->type == 0 ? NULL : strchr(part_types, record->type);

	if (type == NULL || image->memory[type - part_types].data != NULL)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "an unexpected record");
	image->memory[type - part_types] = (struct pyb_buffer){
		.data = record->payload, .size = record->size, .capacity = record->size};
	record->payload = NULL;
	return PYB_OK;
}

static enum pyb_status read_answer(struct child *child, struct image *image,
				   struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	bool end = false;

	while (status == PYB_OK) {
		struct record record;

		status = record_read(child->answer, &record, &end, error);
		if (status != PYB_OK || end)
			break;
		status = record.type == 'X' ? refusal(&record, error)
					    : take_part(image, &record, error);
		record_release(&record);
	}
	return status;
}

/* Whether everything is there that the writer takes on trust. */
static enum pyb_status connect_parts(struct image *image, uint32_t count, struct pyb_error *error)
{
	const struct pyb_buffer *const memory = image->memory;

	if (memory[0].size < sizeof(struct pyb_image) || memory[1].size % sizeof(uint32_t) != 0 ||
	    memory[4].size != count * sizeof(uint64_t))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "the image is not whole");
	image->parts = (struct pyb_writer_image){
		.image = memory[0].data,
		.image_size = memory[0].size,
		.places = (const void *)memory[1].data,
		.place_count = memory[1].size / sizeof(uint32_t),
		.hot = memory[2].data,
		.hot_size = memory[2].size,
		.cold = memory[3].data,
		.cold_size = memory[3].size,
		.code_sizes = (const void *)memory[4].data,
	};
	return PYB_OK;
}

static enum pyb_status run_builder(const char *python, const struct pyb_buffer *request,
				   struct image *image, struct pyb_error *error)
{
	const struct child_script script = {"imager.py", imager_script};
	struct child child = CHILD_INIT;
	int wait_status = 0;
	enum pyb_status status = child_start(&child, &script, python, 0, error);

	if (status == PYB_OK) {
		child_send(&child, request->data, request->size);
		status = read_answer(&child, image, error);
	}
	if (child_finish(&child, &wait_status, NULL) == PYB_OK && status == PYB_OK &&
	    wait_status != 0)
		status = pyb_error_set(error, PYB_ERR_IO,
				       "%s ended with wait status %d while it laid out the image",
				       python, wait_status);
	return status;
}

enum pyb_status image_make(const char *python, const char *builder, uint32_t hexversion,
			   const struct image_module *modules, uint32_t count, struct image *image,
			   struct pyb_error *error)
{
	struct pyb_buffer request = {0};
	enum pyb_status status;

	*image = (struct image){0};
	status = encode(builder, hexversion, modules, count, &request, error);
	if (status == PYB_OK)
		status = run_builder(python, &request, image, error);
	if (status == PYB_OK)
		status = connect_parts(image, count, error);
	pyb_buffer_release(&request);
	return status;
}

void image_release(struct image *image)
{
	for (size_t i = 0; i < sizeof(image->memory) / sizeof(image->memory[0]); i++)
		pyb_buffer_release(&image->memory[i]);
	*image = (struct image){0};
}
