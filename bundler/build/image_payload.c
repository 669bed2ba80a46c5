/* SPDX-License-Identifier: MIT */
#include "bundler/build/image_payload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/build/marshal.h"
#include "bundler/process/child.h"
#include "bundler/process/own_object.h"
#include "bundler/process/records.h"
#include "bundler/process/scripts.h"

enum pyb_status image_find_builder(const struct pyb_fingerprint *fingerprint, char **path,
				   struct pyb_error *error)
{
	return own_object_find(fingerprint, "pystart_imager", path, error);
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

static enum pyb_status encode(const struct image_plan *plan, struct pyb_buffer *request,
			      struct pyb_error *error)
{
	struct pyb_buffer scratch = {0};
	enum pyb_status status =
		record_append(request, 'l', plan->builder, strlen(plan->builder), error);

	for (uint32_t i = 0; i < plan->count && status == PYB_OK; i++)
		status = append_module(request, &plan->modules[i], plan->hexversion, &scratch,
				       error);
	pyb_buffer_release(&scratch);
	return status;
}

/* --- the answer */

/* The types of the records, in the order of image->memory. */
static const char part_types[] = "IRHCS";

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
		image->is_not_for_version = record.type == 'N';
		status = record.type == 'X' || record.type == 'N'
				 ? refusal(&record, error)
				 : take_part(image, &record, error);
		record_release(&record);
		child_progress(child);
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
		.relocations = (const void *)memory[1].data,
		.relocation_count = memory[1].size / sizeof(uint32_t),
		.hot = memory[2].data,
		.hot_size = memory[2].size,
		.cold = memory[3].data,
		.cold_size = memory[3].size,
		.code_sizes = (const void *)memory[4].data,
	};
	return PYB_OK;
}

/* Who did not answer, and what can be done. What it says itself stays. */
static enum pyb_status explain(const char *python, const struct child_end *end,
			       enum pyb_status status, struct pyb_error *error)
{
	static const char advice[] = "'payload: marshal' in the manifest does without";
	const struct pyb_error cause = *error;
	char how[128];

	if (status == PYB_ERR_MEMORY || status == PYB_ERR_UNSUPPORTED || !end->is_known)
		return status;
	*error = (struct pyb_error){0};
	if (end->is_late)
		return pyb_error_set(error, PYB_ERR_IO,
				     "%s said nothing for %d s while it laid out the image; %s, "
				     "--timeout=SECONDS gives it more time",
				     python, end->seconds, advice);
	if (child_describe(end, how, sizeof(how)))
		return pyb_error_set(error, PYB_ERR_IO, "%s %s while it laid out the image; %s",
				     python, how, advice);
	return pyb_error_set(error, status, "%s did not lay out the image as expected: %s; %s",
			     python, cause.text, advice);
}

static enum pyb_status run_builder(const struct image_plan *plan, const struct pyb_buffer *request,
				   struct image *image, struct pyb_error *error)
{
	const struct child_script script = {"imager.py", imager_script};
	const struct child_manners manners = {.seconds = plan->seconds};
	struct child child = CHILD_INIT;
	struct child_end end;
	char how[128];
	enum pyb_status status = child_start(&child, &script, &manners, plan->python, error);

	if (status == PYB_OK) {
		child_send(&child, request->data, request->size);
		status = read_answer(&child, image, error);
	}
	if (status == PYB_OK)
		status = connect_parts(image, plan->count, error);
	/* The end of its answer is no word; that of the interpreter is. */
	child_finish(&child, false, &end);
	if (status == PYB_OK && (end.is_late || child_describe(&end, how, sizeof(how))))
		status = PYB_ERR_IO;
	return status == PYB_OK ? status : explain(plan->python, &end, status, error);
}

enum pyb_status image_make(const struct image_plan *plan, struct image *image,
			   struct pyb_error *error)
{
	struct pyb_buffer request = {0};
	enum pyb_status status;

	*image = (struct image){0};
	status = encode(plan, &request, error);
	if (status == PYB_OK)
		status = run_builder(plan, &request, image, error);
	pyb_buffer_release(&request);
	return status;
}

void image_release(struct image *image)
{
	for (size_t i = 0; i < sizeof(image->memory) / sizeof(image->memory[0]); i++)
		pyb_buffer_release(&image->memory[i]);
	*image = (struct image){0};
}
