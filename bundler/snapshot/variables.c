/* SPDX-License-Identifier: MIT */
/* The run that records, and what is made of its records. */
#include "bundler/snapshot/variables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/process/child.h"
#include "bundler/process/own_object.h"
#include "bundler/process/records.h"
#include "bundler/process/spawn.h"
#include "bundler/snapshot/variables_parts.h"
#include "lib/optimize.h"
#include "lib/renewed.h"
#include "lib/variable_records.h"

/* What is known while the interpreter runs. */
struct recording {
	const struct variables_request *request;
	struct variables *variables;
	bool *kept;       /* which entries of the environment are there at the end */
	bool is_complete; /* it came to its program */
	struct pyb_error *error;
};

enum pyb_status variables_find_recorder(const struct pyb_fingerprint *fingerprint, char **path,
					struct pyb_error *error)
{
	return own_object_find(fingerprint, "pystart_variables", path, error);
}

static size_t count_entries(char *const *environment)
{
	size_t count = 0;

	while (environment[count] != NULL)
		count++;
	return count;
}

/* --- what makes a start one that cannot be kept */

static enum pyb_status changed(struct recording *recording, const char *name, size_t length,
			       const char *who)
{
	return pyb_error_set(recording->error, PYB_ERR_UNSUPPORTED,
			     "%s changes %s%.*s when Python starts; a new process would lack that",
			     who,
			     length == 0 ? "environment variables" : "the environment variable ",
			     (int)length, name);
}

static enum pyb_status refuse(struct recording *recording, enum variable_record type,
			      const char *name, const char *who)
{
	struct pyb_error *const error = recording->error;

	switch (type) {
	case VARIABLES_READ:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "%s looks at all environment variables when Python starts; "
				     "another process has others",
				     who);
	case VARIABLE_CHANGED:
		return changed(recording, name, strlen(name), who);
	case CLOCK_READ:
		return pyb_error_set(
			error, PYB_ERR_UNSUPPORTED,
			"%s asks for the time (%s) when Python starts; another process "
			"is told something else",
			who, name);
	case VARIABLES_USED:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "%s, which is loaded when Python starts, may read environment "
				     "variables without asking getenv() for them",
				     who);
	case VARIABLES_UNSEEN:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "which environment variables a start reads cannot be found "
				     "out: %s",
				     who);
	default:
		return pyb_error_set(error, PYB_ERR_DAMAGED, "a record is malformed");
	}
}

/* --- records */

static bool is_named(const char *entry, const char *name)
{
	const size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/*
 * An entry that is there at the end. The interpreter itself may set LC_CTYPE (PEP 538), and does so in
 * every process that it starts in.
 */
static enum pyb_status take_entry(struct recording *recording, const char *text)
{
	char *const *const environment = recording->request->environment;

	for (size_t i = 0; environment[i] != NULL; i++) {
		if (recording->kept[i] || strcmp(environment[i], text) != 0)
			continue;
		recording->kept[i] = true;
		return PYB_OK;
	}
	return is_named(text, "LC_CTYPE")
		       ? PYB_OK
		       : changed(recording, text, strcspn(text, "="), "a library");
}

static enum pyb_status take_end(struct recording *recording)
{
	char *const *const environment = recording->request->environment;

	for (size_t i = 0; environment[i] != NULL; i++)
		if (!recording->kept[i] && !is_named(environment[i], "LC_CTYPE"))
			return changed(recording, environment[i], strcspn(environment[i], "="),
				       "a library");
	recording->is_complete = true;
	return PYB_OK;
}

/* PATH is asked for to find the interpreter, which has been named by its path. */
static bool is_path_unused(const struct recording *recording, const char *name)
{
	return strcmp(name, "PATH") == 0 && strchr(recording->request->python, '/') != NULL;
}

/* What it chooses is made new; but not taken back, nor where a script's modules may have looked at it. */
static bool is_made_new(const struct recording *recording, const char *name)
{
	return pyb_is_renewed(name) && recording->request->program == NULL &&
	       environment_find(recording->request->environment, name) == NULL;
}

/* Whether what the interpreter itself does with the variable needs no guard. */
static bool is_needless(const struct recording *recording, enum variable_record type,
			const char *name)
{
	return type == VARIABLE_READ_EARLY &&
	       (is_path_unused(recording, name) || is_made_new(recording, name));
}

static enum pyb_status take_read(struct recording *recording, enum variable_record type,
				 const char *name, const char *who)
{
	if (name[0] == '\0' || is_needless(recording, type, name))
		return PYB_OK;
	return variables_note(recording->variables, recording->request->environment, name, who,
			      recording->error);
}

static enum pyb_status take(struct recording *recording, const struct record *record)
{
	struct cursor cursor = record_cursor(record);
	const enum variable_record type = (enum variable_record)record->type;
	const char *const name = cursor_text(&cursor);
	const char *const who = cursor_text(&cursor);

	if (!cursor_is_done(&cursor))
		return refuse(recording, 0, name, who);
	switch (type) {
	case VARIABLE_READ:
	case VARIABLE_READ_EARLY:
		return take_read(recording, type, name, who);
	case VARIABLES_ENTRY:
		return take_entry(recording, name);
	case VARIABLES_COMPLETE:
		return take_end(recording);
	default:
		return refuse(recording, type, name, who);
	}
}

static enum pyb_status listen(struct recording *recording, struct child *child)
{
	enum pyb_status status = PYB_OK;
	bool end = false;

	while (status == PYB_OK && !end && !recording->is_complete) {
		struct record record;
		status = record_read(child->answer, &record, &end, recording->error);
		if (status == PYB_OK && !end)
			status = take(recording, &record);
		record_release(&record);
	}
	return status;
}

/* --- the run */

/* The environment with the recorder in it. The array and its first string are the caller's to free. */
static char **make_environment(char *const *given)
{
	const char *const preloaded = environment_find(given, "LD_PRELOAD");
	char **const environment = calloc(count_entries(given) + 2, sizeof(*environment));
	size_t count = 1;

	if (environment == NULL)
		return NULL;
	if (asprintf(&environment[0], "LD_PRELOAD=%s%s" VARIABLE_RECORDER_PATH,
		     preloaded == NULL ? "" : preloaded, preloaded == NULL ? "" : ":") < 0) {
		free(environment);
		return NULL;
	}
	for (; *given != NULL; given++)
		if (!is_named(*given, "LD_PRELOAD"))
			environment[count++] = *given;
	return environment;
}

static enum pyb_status open_recorder(const char *path, int *file, struct pyb_error *error)
{
	*file = spawn_move(open(path, O_RDONLY | O_CLOEXEC));
	return *file >= 0 ? PYB_OK
			  : pyb_error_set(error, pyb_error_of_system(errno), "%s: %s", path,
					  strerror(errno));
}

enum { OWN_ARGUMENTS = 4 };

static void list_arguments(const struct variables_request *request, char **argv)
{
	const char *const option = pyb_optimize_option(request->optimize);

	*argv++ = (char *)request->python;
	if (option != NULL)
		*argv++ = (char *)option;
	if (request->program != NULL) {
		*argv++ = (char *)request->program;
	} else {
		*argv++ = (char *)"-c";
		*argv++ = (char *)"pass";
	}
	*argv = NULL;
}

static enum pyb_status start(struct child *child, const struct variables_request *request,
			     struct pyb_error *error)
{
	char *argv[OWN_ARGUMENTS + 1];
	char **const environment = make_environment(request->environment);
	struct child_program program = {.argv = argv,
					.environment = environment,
					.folder = "/",
					.seconds = request->seconds};

	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	list_arguments(request, argv);
	enum pyb_status status = open_recorder(request->recorder, &program.file, error);
	if (status == PYB_OK) {
		status = child_start_program(child, &program, error);
		close(program.file);
	}
	free(environment[0]);
	free(environment);
	return status;
}

static enum pyb_status ended_early(const struct child_end *end, struct pyb_error *error)
{
	char why[200];

	if (end->is_late)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the interpreter needed longer than %d s to start",
				     end->seconds);
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "the interpreter %s before it came to its program",
			     child_describe(end, why, sizeof(why)) ? why : "ended");
}

static enum pyb_status run(struct recording *recording)
{
	struct child child = CHILD_INIT;
	struct child_end end;
	enum pyb_status status = start(&child, recording->request, recording->error);

	if (status == PYB_OK)
		status = listen(recording, &child);
	child_finish(&child, recording->is_complete, &end);
	return status == PYB_OK && !recording->is_complete ? ended_early(&end, recording->error)
							   : status;
}

enum pyb_status variables_find(const struct variables_request *request, struct variables *variables,
			       struct pyb_error *error)
{
	struct recording recording = {
		.request = request,
		.variables = variables,
		.kept = calloc(count_entries(request->environment) + 1, sizeof(bool)),
		.error = error,
	};
	enum pyb_status status = recording.kept == NULL
					 ? pyb_error_set(error, PYB_ERR_MEMORY, "out of memory")
					 : PYB_OK;

	*variables = (struct variables){0};
	if (status == PYB_OK)
		status = variables_note_families(variables, request->environment, error);
	if (status == PYB_OK)
		status = run(&recording);
	free(recording.kept);
	if (status == PYB_OK)
		variables_sort(variables);
	else
		variables_release(variables);
	return status;
}
