/* SPDX-License-Identifier: MIT */
#include "bundler/build/snapshot_step.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/build/auto_snapshot.h"
#include "lib/policy.h"
#include "lib/temporary.h"

struct step {
	struct pyb_writer *writer;
	const struct snapshot_plan *plan;
	const char *path;
	struct pyb_buffer plain; /* the bundle without a snapshot */
	struct snapshot_result *result;
	struct pyb_error *error;
};

/* --- a bundle to start with */

static enum pyb_status system_error(const struct step *step, const char *what)
{
	return pyb_error_set(step->error, pyb_error_of_system(errno), "%s: cannot %s: %s",
			     step->path, what, strerror(errno));
}

static enum pyb_status fill(const struct step *step, int descriptor)
{
	const uint8_t *at = step->plain.data;
	size_t left = step->plain.size;

	while (left > 0) {
		const ssize_t written = TEMP_FAILURE_RETRY(write(descriptor, at, left));
		if (written <= 0)
			return system_error(step, "write a temporary file");
		at += written;
		left -= (size_t)written;
	}
	return PYB_OK;
}

/* The interpreter has another working folder. The path is the caller's to free. */
static enum pyb_status find_absolute(const struct step *step, const char *path, char **absolute)
{
	*absolute = realpath(path, NULL);
	return *absolute != NULL ? PYB_OK : system_error(step, "follow the path");
}

/* What a snapshot cannot be made without; both strings are the caller's to free. */
static enum pyb_status find_programs(const struct step *step, char **launcher, char **recorder)
{
	*launcher = snapshot_find_launcher();
	*recorder = variables_find_recorder(step->plan->fingerprint);
	if (*launcher == NULL)
		return pyb_error_set(step->error, PYB_ERR_UNSUPPORTED,
				     "pystart is not beside this program");
	if (*recorder == NULL)
		return pyb_error_set(step->error, PYB_ERR_UNSUPPORTED,
				     "pystart is not installed for this interpreter (there is no "
				     "pystart_variables.%s.so)",
				     step->plan->fingerprint->soabi);
	return PYB_OK;
}

static enum pyb_status make_from(struct step *step, const char *bundle)
{
	char *launcher, *recorder, *absolute = NULL;
	enum pyb_status status = find_programs(step, &launcher, &recorder);

	if (status == PYB_OK)
		status = find_absolute(step, bundle, &absolute);
	if (status == PYB_OK) {
		const struct snapshot_request request = {.launcher = launcher,
							 .recorder = recorder,
							 .python = step->plan->python,
							 .bundle = absolute,
							 .variables = step->plan->variables->items,
							 .variable_count =
								 step->plan->variables->count,
							 .seconds = step->plan->seconds};
		status = snapshot_make(&request, &step->result->made, step->error);
	}
	free(absolute);
	free(launcher);
	free(recorder);
	return status;
}

/* A file in the folder of the bundle: a path elsewhere may be one that nothing may be mapped from. */
static enum pyb_status make_from_temporary(struct step *step)
{
	struct pyb_temporary temporary;
	enum pyb_status status = pyb_temporary_create(&temporary, step->path, step->error);

	if (status != PYB_OK)
		return status;
	status = fill(step, temporary.descriptor);
	if (status == PYB_OK)
		status = make_from(step, temporary.path);
	unlink(temporary.path);
	close(temporary.descriptor);
	free(temporary.path);
	return status;
}

/* Signals that end us wait until the file is removed; the trace ends when one has come. */
static enum pyb_status make(struct step *step)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t held, before;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&held, ending[i]);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	pyb_temporary_sweep(step->path);
	const enum pyb_status status = make_from_temporary(step);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

static enum pyb_status check_wish(const struct step *step)
{
	if (step->plan->wanted != MANIFEST_SNAPSHOT_AUTO)
		return PYB_OK;
	return auto_snapshot_check(step->path, step->plan->fingerprint, step->error);
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

static enum pyb_status add_sections(struct step *step)
{
	const struct made_snapshot *const made = &step->result->made;
	enum pyb_status status =
		pyb_writer_lend_section(step->writer, PYB_SECTION_SNAPSHOT, made->tables.data,
					made->tables.size, step->error);

	if (status == PYB_OK)
		status = pyb_writer_lend_section(step->writer, PYB_SECTION_PAGES, made->pages.data,
						 made->pages.size, step->error);
	return status;
}

static enum pyb_status check_layout(struct step *step)
{
	struct pyb_buffer file = {0};
	enum pyb_status status = pyb_writer_lay_out(step->writer, &file, step->error);

	if (status == PYB_OK)
		status = check_places(step, &file);
	pyb_buffer_release(&file);
	return status;
}

static enum pyb_status put(struct step *step, uint64_t *written)
{
	return pyb_writer_write(step->writer, step->path, written, step->error);
}

static enum pyb_status put_with_snapshot(struct step *step, uint64_t *written)
{
	enum pyb_status status = add_sections(step);

	if (status == PYB_OK)
		status = check_layout(step);
	if (status != PYB_OK)
		return status;
	pyb_writer_set_private(step->writer, step->plan->wanted != MANIFEST_SNAPSHOT_SHARED);
	status = put(step, written);
	step->result->is_there = status == PYB_OK;
	return status;
}

/* Without one, and with the reason for those who look at the bundle. */
static enum pyb_status put_without_snapshot(struct step *step, uint64_t *written)
{
	const char *const why = step->result->why.text;
	const enum pyb_status status = pyb_writer_lend_section(
		step->writer, PYB_SECTION_NO_SNAPSHOT, why, strlen(why), step->error);

	return status == PYB_OK ? put(step, written) : status;
}

/* Whether the bundle is written without one. */
static bool may_be_missing(const struct step *step, enum pyb_status status)
{
	return step->plan->wanted == MANIFEST_SNAPSHOT_AUTO && status != PYB_ERR_MEMORY;
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
		status = make(step);
	if (status == PYB_OK)
		return put_with_snapshot(step, written);
	step->result->why = *step->error;
	*step->error = (struct pyb_error){0};
	if (may_be_missing(step, status))
		return put_without_snapshot(step, written);
	return pyb_error_set(step->error, status, "%s: no snapshot can be made: %s", step->path,
			     step->result->why.text);
}

enum pyb_status snapshot_step(struct pyb_writer *writer, const struct snapshot_plan *plan,
			      const char *path, uint64_t *written, struct snapshot_result *result,
			      struct pyb_error *error)
{
	struct step step = {
		.writer = writer, .plan = plan, .path = path, .result = result, .error = error};

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
