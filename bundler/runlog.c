/* SPDX-License-Identifier: MIT */
#include "bundler/runlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/child.h"
#include "bundler/records.h"
#include "bundler/scripts.h"

static enum pyb_status bad_record(struct pyb_error *error)
{
	return pyb_error_set(
		error, PYB_ERR_DAMAGED,
		"the notes about the run are damaged; did the program write into them?");
}

static enum pyb_status grow(void **array, uint32_t count, size_t element, struct pyb_error *error)
{
	const size_t wanted = count == 0 ? 1 : 2 * (size_t)count;

	if (count != 0 && (count & (count - 1)) != 0)
		return PYB_OK;
	void *const grown = count >= PYB_NONE / 2 ? NULL : reallocarray(*array, wanted, element);
	if (grown == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	*array = grown;
	return PYB_OK;
}

static enum pyb_status take_module(struct runlog *log, struct cursor *cursor,
				   struct pyb_error *error)
{
	struct run_module module = {.kind = cursor_u8(cursor)};

	module.is_used = cursor_u8(cursor) != 0;
	module.name = cursor_text(cursor);
	module.origin = cursor_text(cursor);
	module.folder = cursor_text(cursor);
	if (module.kind != PYB_MODULE_SOURCE && module.kind != PYB_MODULE_EXTENSION)
		return bad_record(error);
	const enum pyb_status status =
		grow((void **)&log->modules, log->module_count, sizeof(module), error);
	if (status == PYB_OK)
		log->modules[log->module_count++] = module;
	return status;
}

static enum pyb_status take_skip(struct runlog *log, struct cursor *cursor, struct pyb_error *error)
{
	struct run_skip skip = {.name = cursor_text(cursor)};

	skip.reason = cursor_text(cursor);
	const enum pyb_status status =
		grow((void **)&log->skips, log->skip_count, sizeof(skip), error);
	if (status == PYB_OK)
		log->skips[log->skip_count++] = skip;
	return status;
}

static enum pyb_status take_name(const char ***list, uint32_t *count, struct cursor *cursor,
				 struct pyb_error *error)
{
	const char *const name = cursor_text(cursor);
	const enum pyb_status status = grow((void **)list, *count, sizeof(name), error);

	if (status == PYB_OK)
		(*list)[(*count)++] = name;
	return status;
}

static enum pyb_status take_path(struct runlog *log, struct cursor *cursor, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	log->path_count = 0;
	free(log->path);
	log->path = NULL;
	while (status == PYB_OK && !cursor->bad && cursor->left > 0)
		status = take_name(&log->path, &log->path_count, cursor, error);
	return status;
}

static enum pyb_status take_payload(struct runlog *log, uint8_t type, struct cursor *cursor,
				    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	switch (type) {
	case 'B':
		log->executable = cursor_text(cursor);
		log->optimize = cursor_u32(cursor);
		break;
	case 'P':
		status = take_path(log, cursor, error);
		break;
	case 'M':
		status = take_module(log, cursor, error);
		break;
	case 'X':
		status = take_skip(log, cursor, error);
		break;
	case 'A':
		status = take_name(&log->absent, &log->absent_count, cursor, error);
		break;
	case 'R':
		status = take_name(&log->present, &log->present_count, cursor, error);
		break;
	case 'E':
		log->is_complete = true;
		break;
	default:
		return bad_record(error);
	}
	return status == PYB_OK && !cursor_is_done(cursor) ? bad_record(error) : status;
}

static enum pyb_status take_record(struct runlog *log, struct record *record,
				   struct pyb_error *error)
{
	struct cursor cursor = record_cursor(record);
	const enum pyb_status status =
		grow((void **)&log->payloads, log->payload_count, sizeof(void *), error);

	if (status != PYB_OK) {
		record_release(record);
		return status;
	}
	log->payloads[log->payload_count++] = record->payload;
	return take_payload(log, record->type, &cursor, error);
}

static enum pyb_status read_log(struct runlog *log, const char *path, struct pyb_error *error)
{
	FILE *const stream = fopen(path, "rbe");
	enum pyb_status status = PYB_OK;
	bool end = false;

	if (stream == NULL)
		return pyb_error_set(error, PYB_ERR_IO, "cannot read %s: %s", path,
				     strerror(errno));
	while (status == PYB_OK && !end) {
		struct record record;

		status = record_read(stream, &record, &end, error);
		if (status == PYB_OK && !end)
			status = take_record(log, &record, error);
	}
	fclose(stream);
	return status;
}

/* The command line of the interpreter: the array is the caller's to free, its strings are not. */
static char **make_command(const struct program *program, const char *path)
{
	/* Leaves no name behind in the namespace of the program. */
	static const char start[] =
		"exec(__import__('sys').argv.pop(1), {'__name__': 'pystart_recorder'})";
	static const char *const modes[] = {
		[PROGRAM_SCRIPT] = "script",
		[PROGRAM_MODULE] = "module",
		[PROGRAM_CODE] = "code",
		[PROGRAM_INPUT] = "input",
	};
	const char *const own[] = {
		"-c",           start, recorder_script, path, modes[program->mode], program->folder,
		program->target};
	const size_t own_count = sizeof(own) / sizeof(own[0]);
	size_t argument_count = 0, count = 0;

	while (program->arguments[argument_count] != NULL)
		argument_count++;
	char **const command =
		calloc(1 + program->flag_count + own_count + argument_count + 1, sizeof(*command));
	if (command == NULL)
		return NULL;
	command[count++] = program->python;
	for (size_t i = 0; i < program->flag_count; i++)
		command[count++] = program->flags[i];
	for (size_t i = 0; i < own_count; i++)
		command[count++] = (char *)own[i];
	for (size_t i = 0; i < argument_count; i++)
		command[count++] = program->arguments[i];
	return command;
}

static enum pyb_status make_log_file(char **path, struct pyb_error *error)
{
	const char *const given = getenv("TMPDIR");
	const char *const folder = given != NULL && given[0] == '/' ? given : "/tmp";

	if (asprintf(path, "%s/pybundle-XXXXXX", folder) < 0) {
		*path = NULL;
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	}
	const int descriptor = mkstemp(*path);
	if (descriptor < 0) {
		pyb_error_set(error, PYB_ERR_IO, "cannot make a file in %s: %s", folder,
			      strerror(errno));
		free(*path);
		*path = NULL;
		return PYB_ERR_IO;
	}
	close(descriptor);
	return PYB_OK;
}

enum pyb_status runlog_record(struct runlog *log, const struct program *program, int *wait_status,
			      struct pyb_error *error)
{
	char *path = NULL;
	char **command = NULL;

	*log = (struct runlog){.executable = ""};
	enum pyb_status status = make_log_file(&path, error);
	if (status != PYB_OK)
		return status;
	command = make_command(program, path);
	if (command == NULL)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (status == PYB_OK)
		status = child_run(command, wait_status, error);
	if (status == PYB_OK)
		status = read_log(log, path, error);
	free(command);
	unlink(path);
	free(path);
	return status;
}

static bool is_present(const struct runlog *log, const char *name)
{
	for (uint32_t i = 0; i < log->present_count; i++)
		if (strcmp(log->present[i], name) == 0)
			return true;
	for (uint32_t i = 0; i < log->module_count; i++)
		if (strcmp(log->modules[i].name, name) == 0)
			return true;
	return false;
}

bool runlog_is_missing(const struct runlog *log, const char *module)
{
	for (uint32_t i = 0; i < log->absent_count; i++) {
		const char *const name = log->absent[i];
		const size_t size = strlen(name);

		if (strncmp(module, name, size) == 0 &&
		    (module[size] == '\0' || module[size] == '.') && !is_present(log, name))
			return true;
	}
	return false;
}

void runlog_release(struct runlog *log)
{
	for (uint32_t i = 0; i < log->payload_count; i++)
		free(log->payloads[i]);
	free(log->payloads);
	free(log->modules);
	free(log->skips);
	free(log->absent);
	free(log->present);
	free(log->path);
	*log = (struct runlog){0};
}
