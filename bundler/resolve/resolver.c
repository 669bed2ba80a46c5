/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundler/process/child.h"
#include "bundler/process/scripts.h"
#include "bundler/resolve/answer.h"
#include "lib/header.h"

static enum pyb_status append_list(struct pyb_buffer *buffer, char type,
				   const struct manifest_list *list, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < list->count && status == PYB_OK; i++)
		status = record_append(buffer, (uint8_t)type, list->items[i],
				       strlen(list->items[i]), error);
	return status;
}

/* The types are those that the class Request of the resolver knows. */
static enum pyb_status encode(const struct resolve_request *request, struct pyb_buffer *buffer,
			      struct pyb_error *error)
{
	const uint8_t detail = (uint8_t)request->detail;
	enum pyb_status status = record_append(buffer, 'c', &detail, 1, error);

	if (status == PYB_OK)
		status = append_list(buffer, 'n', &request->startup, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'm', &request->modules, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'q', &request->optional, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'a', &request->absent, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'x', &request->exclude, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'p', &request->paths, error);
	if (status == PYB_OK)
		status = append_list(buffer, 'f', &request->from, error);
	if (status == PYB_OK && request->known != NULL)
		status = pyb_buffer_append(buffer, request->known->data, request->known->size,
					   error);
	if (status == PYB_OK && request->script != NULL)
		status =
			record_append(buffer, 's', request->script, strlen(request->script), error);
	return status;
}

static enum pyb_status read_answer(struct child *child, struct answer *answer)
{
	enum pyb_status status = PYB_OK;

	while (status == PYB_OK && !answer->is_complete) {
		struct record record;
		bool end;

		status = record_read(child->answer, &record, &end, answer->error);
		if (status == PYB_OK && end)
			return pyb_error_set(answer->error, PYB_ERR_IO,
					     "it ended before it was done");
		if (status == PYB_OK)
			status = answer_take(answer, &record);
		child_progress(child);
	}
	return status;
}

/* Say in `text` how far it came; nothing if it did not begin. */
static void describe_place(const struct answer *answer, char *text, size_t size)
{
	const bool has_name = answer->at[0] != '\0';

	text[0] = '\0';
	if (answer->has_fingerprint)
		snprintf(text, size, " while it looked for the modules%s%s%s",
			 has_name ? " (at " : "", answer->at, has_name ? ")" : "");
}

/* What can be in our way before a script begins. */
#define STARTS "what it runs when it starts (sitecustomize, .pth files)"

/*
 * What is to be said if the interpreter did not do its work. One that could tell what it is, is a
 * Python 3; then it was disturbed while it looked for the modules.
 */
static enum pyb_status explain(const char *python, const struct child_end *end,
			       enum pyb_status status, const struct answer *answer)
{
	struct pyb_error *const error = answer->error;
	const struct pyb_error cause = *error;
	char how[128], place[sizeof(answer->at) + 64];
	const char *const advice =
		answer->has_fingerprint ? "look at " STARTS : "is it a Python 3 interpreter?";

	if (status == PYB_ERR_MEMORY || status == PYB_ERR_UNSUPPORTED)
		return status;
	*error = (struct pyb_error){0};
	describe_place(answer, place, sizeof(place));
	if (end->is_late)
		return pyb_error_set(error, PYB_ERR_IO,
				     "%s said nothing for %d s%s; %slook at " STARTS
				     "; --timeout=SECONDS gives it more time",
				     python, end->seconds, place,
				     answer->has_fingerprint ? ""
							     : "if it is a Python 3 interpreter, ");
	if (child_describe(end, how, sizeof(how)))
		return pyb_error_set(error, status, "%s %s%s; %s", python, how, place, advice);
	return pyb_error_set(error, status, "%s did not answer as expected: %s; %s", python,
			     cause.text, advice);
}

static enum pyb_status read_build_id(const char *path, struct pyb_build_id *id,
				     struct pyb_error *error)
{
	/* O_NONBLOCK: a FIFO must not make us wait for a writer. */
	const int descriptor =
		(int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	enum pyb_status status = PYB_OK;
	struct stat file;
	int has_interp;

	if (descriptor < 0 || fstat(descriptor, &file) != 0) {
		status = pyb_error_set(error, pyb_error_of_system(errno), "cannot open %s: %s",
				       path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(file.st_mode)) {
		status = pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				       "%s is not a regular file, and so no interpreter", path);
		goto out;
	}
	const size_t size = file.st_size > 0 ? (size_t)file.st_size : 1;
	void *const image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (image == MAP_FAILED) {
		status = pyb_error_set(error, pyb_error_of_system(errno), "cannot map %s: %s", path,
				       strerror(errno));
		goto out;
	}
	if (file.st_size == 0 || pyb_elf_build_id(image, size, id, &has_interp) != 0)
		status = pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				       "%s is not an ELF program of this machine", path);
	munmap(image, size);
out:
	if (descriptor >= 0)
		close(descriptor);
	return status;
}

static enum pyb_status read_build_ids(const struct answer *answer)
{
	struct pyb_fingerprint *const fingerprint = &answer->resolution->fingerprint;
	const char *const libpython =
		answer->libpython[0] != '\0' ? answer->libpython : answer->real_executable;
	enum pyb_status status =
		read_build_id(answer->real_executable, &fingerprint->executable, answer->error);

	if (status == PYB_OK)
		status = read_build_id(libpython, &fingerprint->libpython, answer->error);
	return status;
}

static enum pyb_status run_resolver(const struct resolve_request *request, struct answer *answer)
{
	const struct child_script script = {"resolver.py", resolver_script};
	const struct child_manners manners = {.optimize = request->optimize,
					      .seconds = request->seconds};
	struct pyb_error *const error = answer->error;
	struct pyb_buffer encoded = {0};
	struct child child = CHILD_INIT;
	struct child_end end;
	enum pyb_status status = encode(request, &encoded, error);

	if (status != PYB_OK)
		goto out;
	status = child_start(&child, &script, &manners, request->python, error);
	if (status == PYB_OK) {
		child_send(&child, encoded.data, encoded.size);
		status = read_answer(&child, answer);
	}
	child_finish(&child, status == PYB_OK, &end);
	if (status != PYB_OK && end.is_known)
		explain(request->python, &end, status, answer);
out:
	pyb_buffer_release(&encoded);
	return status;
}

enum pyb_status resolve(const struct resolve_request *request, struct progress *progress,
			struct resolution *resolution, struct pyb_error *error)
{
	struct answer answer = {
		.resolution = resolution,
		.progress = progress,
		.real_executable = "",
		.libpython = "",
		.error = error,
	};

	*resolution = (struct resolution){.executable = "", .version = ""};
	enum pyb_status status = run_resolver(request, &answer);
	if (status == PYB_OK)
		status = read_build_ids(&answer);
	if (progress != NULL)
		progress_erase(progress);
	return status;
}
