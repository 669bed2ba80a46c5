/* SPDX-License-Identifier: MIT */
#include "bundler/build/snapshot_step.h"

#include <stdlib.h>
#include <string.h>

#include "bundler/build/auto_snapshot.h"
#include "bundler/build/temporary_bundle.h"
#include "bundler/process/own_object.h"
#include "lib/header.h"
#include "lib/policy.h"

struct step {
	struct pyb_writer *writer;
	const struct snapshot_plan *plan;
	const char *path;
	struct pyb_buffer plain; /* the bundle without a snapshot */
	struct snapshot_result *result;
	const char *program; /* the script that the snapshot is for; NULL: for any program */
	struct pyb_error *error;
};

/* --- making */

/* What a snapshot cannot be made without; both strings are the caller's to free. */
static enum pyb_status find_programs(const struct step *step, char **launcher, char **recorder)
{
	enum pyb_status status = own_launcher_find(launcher, step->error);

	*recorder = NULL;
	if (status == PYB_OK)
		status = variables_find_recorder(step->plan->fingerprint, recorder, step->error);
	if (status != PYB_OK)
		return status;
	if (*launcher == NULL)
		return pyb_error_set(
			step->error, PYB_ERR_UNSUPPORTED,
			"pystart is not beside pybundle, as it is when it is installed");
	if (*recorder == NULL)
		return pyb_error_set(step->error, PYB_ERR_UNSUPPORTED,
				     "pystart is not installed for this interpreter (there is no "
				     "pystart_variables.%s.so)",
				     step->plan->fingerprint->soabi);
	return PYB_OK;
}

typedef enum pyb_status request_function(struct step *step, const struct snapshot_request *request);

static enum pyb_status ask(struct step *step, const char *bundle, request_function *function)
{
	const struct pyb_header *const header = (const void *)step->plain.data;
	char *launcher, *recorder;
	enum pyb_status status = find_programs(step, &launcher, &recorder);
	const struct snapshot_request request = {.launcher = launcher,
						 .recorder = recorder,
						 .python = step->plan->python,
						 .bundle = bundle,
						 .optimize = header->optimize,
						 .program = step->program,
						 .variables = step->plan->variables->items,
						 .variable_count = step->plan->variables->count,
						 .seconds = step->plan->seconds};

	if (status == PYB_OK)
		status = function(step, &request);
	free(launcher);
	free(recorder);
	return status;
}

static enum pyb_status make_of(struct step *step, const struct snapshot_request *request)
{
	return snapshot_make(request, &step->result->made, step->error);
}

static enum pyb_status make_from(void *cookie, const char *bundle, struct pyb_error *error)
{
	(void)error;
	return ask(cookie, bundle, make_of);
}

static enum pyb_status make(struct step *step)
{
	return with_temporary_bundle(step->path, &step->plain, make_from, step, step->error);
}

/* --- training and trying */

static enum pyb_status train_with(struct step *step, const struct snapshot_request *request)
{
	return snapshot_train(request, &step->result->made, step->error);
}

static enum pyb_status train_bundle(void *cookie, const char *bundle, struct pyb_error *error)
{
	(void)error;
	return ask(cookie, bundle, train_with);
}

static bool has_bootstrap(const struct step *step)
{
	const struct pyb_header *const header = (const void *)step->plain.data;

	return pyb_header_string(header, header->bootstrap) != NULL;
}

static enum pyb_status try_with(struct step *step, const struct snapshot_request *request)
{
	return snapshot_try(request, &step->result->made, has_bootstrap(step), step->error);
}

static enum pyb_status try_bundle(void *cookie, const char *bundle, struct pyb_error *error)
{
	(void)error;
	return ask(cookie, bundle, try_with);
}

/* Whether the bundle may be without one. */
static bool may_be_missing(const struct step *step)
{
	return step->plan->wanted == MANIFEST_SNAPSHOT_AUTO ||
	       step->plan->wanted == MANIFEST_SNAPSHOT_UNSAID;
}

static enum pyb_status check_wish(const struct step *step)
{
	enum pyb_status status = PYB_OK;

	if (may_be_missing(step))
		status = auto_snapshot_check(step->plan->fingerprint, step->error);
	if (status == PYB_OK && step->plan->wanted == MANIFEST_SNAPSHOT_UNSAID)
		status = auto_snapshot_check_users(step->path, step->error);
	return status;
}

/* Such a bundle is read, and nothing of it stays mapped. */
static enum pyb_status check_memory(const struct step *step)
{
	const struct pyb_header *const header = (const void *)step->plain.data;

	if ((header->policies & PYB_POLICY_PRIVATE) == 0)
		return PYB_OK;
	return pyb_error_set(step->error, PYB_ERR_UNSUPPORTED,
			     "it is mapped while a program runs, and the manifest says "
			     "'memory: private'");
}

/* --- the bundle with a snapshot */

static const struct pyb_section *find_section(const struct pyb_header *header, uint32_t type)
{
	for (uint32_t i = 0; i < header->section_count; i++)
		if (header->sections[i].type == type)
			return &header->sections[i];
	return NULL;
}

/* The snapshot knows by their places what the bundle's sections hold. The archive is not mapped. */
static enum pyb_status check_places(const struct step *step, const struct pyb_buffer *file)
{
	const struct pyb_header *const before = (const void *)step->plain.data;
	const struct pyb_header *const after = (const void *)file->data;

	for (uint32_t i = 0; i < before->section_count; i++) {
		const struct pyb_section *const section = &before->sections[i];
		const struct pyb_section *const found = find_section(after, section->type);
		if (section->type == PYB_SECTION_ARCHIVE)
			continue;
		if (found == NULL || found->offset != section->offset ||
		    found->stored_size != section->stored_size ||
		    found->checksum != section->checksum)
			return pyb_error_set(step->error, PYB_ERR_INVALID,
					     "the snapshot has moved other sections of the bundle");
	}
	return PYB_OK;
}

/* Also to take them out again: then both are empty. */
static enum pyb_status add_sections(struct step *step, const struct pyb_buffer *tables)
{
	const struct made_snapshot *const made = &step->result->made;
	enum pyb_status status = pyb_writer_lend_section(step->writer, PYB_SECTION_SNAPSHOT,
							 tables->data, tables->size, step->error);

	if (status == PYB_OK)
		status = pyb_writer_lend_section(step->writer, PYB_SECTION_PAGES, made->pages.data,
						 made->pages.size, step->error);
	return status;
}

/* With the bundle as it would be written. */
static enum pyb_status with_file(struct step *step, bundle_function *function)
{
	struct pyb_buffer file = {0};
	enum pyb_status status = pyb_writer_lay_out(step->writer, &file, step->error);

	if (status == PYB_OK)
		status = check_places(step, &file);
	if (status == PYB_OK)
		status = with_temporary_bundle(step->path, &file, function, step, step->error);
	pyb_buffer_release(&file);
	return status;
}

/* What is found is written beside the rest. A snapshot is as sound without it. */
static enum pyb_status train(struct step *step)
{
	const enum pyb_status status = with_file(step, train_bundle);

	if (status == PYB_OK)
		return add_sections(step, &step->result->made.trial_tables);
	if (status == PYB_ERR_MEMORY || status == PYB_ERR_IO)
		return status;
	*step->error = (struct pyb_error){0};
	return PYB_OK;
}

static void take_out_sections(struct step *step)
{
	made_snapshot_forget(&step->result->made);
	add_sections(step, &step->result->made.tables);
}

static enum pyb_status make_once(struct step *step)
{
	const struct made_snapshot *const made = &step->result->made;
	enum pyb_status status = make(step);

	if (status == PYB_OK)
		status = add_sections(step, &made->trial_tables);
	if (status == PYB_OK)
		status = train(step);
	if (status == PYB_OK)
		status = with_file(step, try_bundle);
	if (status == PYB_OK)
		status = add_sections(step, &made->tables);
	if (status != PYB_OK)
		take_out_sections(step);
	return status;
}

/* Something may have been changed meanwhile, so that the snapshot is not used any longer. */
enum { TRIES = 2 };

static enum pyb_status make_or_again(struct step *step)
{
	enum pyb_status status = make_once(step);

	for (int i = 1; i < TRIES && status == PYB_ERR_AGAIN; i++) {
		*step->error = (struct pyb_error){0};
		made_snapshot_release(&step->result->made);
		status = make_once(step);
	}
	return status;
}

/* For its script, or, where that is none that one can be made for, for any program. */
static enum pyb_status make_and_check(struct step *step)
{
	enum pyb_status status = make_or_again(step);

	if (status != PYB_ERR_UNSUPPORTED || step->program == NULL)
		return status;
	step->result->why_not_program = *step->error;
	*step->error = (struct pyb_error){0};
	made_snapshot_release(&step->result->made);
	step->program = NULL;
	return make_or_again(step);
}

static enum pyb_status put(struct step *step, uint64_t *written)
{
	return pyb_writer_write(step->writer, step->path, written, step->error);
}

/* For those who look at the bundle. */
static enum pyb_status add_reason(struct step *step, const char *why)
{
	return pyb_writer_lend_section(step->writer, PYB_SECTION_NO_SNAPSHOT, why, strlen(why),
				       step->error);
}

static enum pyb_status put_with_snapshot(struct step *step, uint64_t *written)
{
	pyb_writer_set_private(step->writer, step->plan->wanted != MANIFEST_SNAPSHOT_SHARED);
	enum pyb_status status = PYB_OK;
	if (step->result->why_not_program.status != PYB_OK)
		status = add_reason(step, step->result->why_not_program.text);
	if (status == PYB_OK)
		status = put(step, written);
	step->result->is_there = status == PYB_OK;
	return status;
}

/* Without one, and with the reason. */
static enum pyb_status put_without_snapshot(struct step *step, uint64_t *written)
{
	const enum pyb_status status = add_reason(step, step->result->why.text);

	return status == PYB_OK ? put(step, written) : status;
}

static enum pyb_status write_bundle(struct step *step, uint64_t *written)
{
	if (step->plan->wanted == MANIFEST_SNAPSHOT_NO)
		return put(step, written);
	enum pyb_status status = check_wish(step);
	if (status == PYB_OK)
		status = pyb_writer_lay_out(step->writer, &step->plain, step->error);
	if (status == PYB_OK)
		status = check_memory(step);
	if (status == PYB_OK)
		status = make_and_check(step);
	if (status == PYB_OK)
		return put_with_snapshot(step, written);
	step->result->why = *step->error;
	*step->error = (struct pyb_error){0};
	if (may_be_missing(step) && status != PYB_ERR_MEMORY)
		return put_without_snapshot(step, written);
	return pyb_error_set(step->error, status, "%s: no snapshot can be made: %s", step->path,
			     step->result->why.text);
}

enum pyb_status snapshot_step(struct pyb_writer *writer, const struct snapshot_plan *plan,
			      const char *path, uint64_t *written, struct snapshot_result *result,
			      struct pyb_error *error)
{
	struct step step = {.writer = writer,
			    .plan = plan,
			    .path = path,
			    .result = result,
			    .program = plan->program,
			    .error = error};

	*written = 0;
	*result = (struct snapshot_result){0};
	const enum pyb_status status = write_bundle(&step, written);
	pyb_buffer_release(&step.plain);
	return status;
}

void snapshot_result_release(struct snapshot_result *result)
{
	made_snapshot_release(&result->made);
	*result = (struct snapshot_result){0};
}
