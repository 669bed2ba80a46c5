/* SPDX-License-Identifier: MIT */
#include "bundler/record/runlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundler/message.h"
#include "bundler/process/foreground.h"
#include "bundler/process/records.h"
#include "bundler/process/scripts.h"

#include "lib/array.h"

/*
 * The recorder's file. It stays open while the program runs, which may remove it, or lose the right
 * to look at it.
 */
struct log_file {
	char *path;
	FILE *stream;
};

static enum pyb_status bad_record(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_DAMAGED, "it has a record that is not as it should be");
}

static enum pyb_status take_begin(struct runlog *log, struct cursor *cursor,
				  struct pyb_error *error)
{
	log->executable = cursor_text(cursor);
	log->optimize = cursor_u32(cursor);
	/* It is going to be started. */
	return log->executable[0] == '/' || log->executable[0] == '\0' ? PYB_OK : bad_record(error);
}

static enum pyb_status take_module(struct runlog *log, struct cursor *cursor,
				   struct pyb_error *error)
{
	struct run_module module = {.kind = cursor_u8(cursor)};

	module.is_used = cursor_u8(cursor) != 0;
	module.is_aside = cursor_u8(cursor) != 0;
	module.name = cursor_text(cursor);
	module.origin = cursor_text(cursor);
	module.folder = cursor_text(cursor);
	if (module.kind != PYB_MODULE_SOURCE && module.kind != PYB_MODULE_EXTENSION)
		return bad_record(error);
	const enum pyb_status status =
		pyb_array_grow((void **)&log->modules, log->module_count, sizeof(module), error);
	if (status == PYB_OK)
		log->modules[log->module_count++] = module;
	return status;
}

static enum pyb_status take_skip(struct runlog *log, struct cursor *cursor, struct pyb_error *error)
{
	struct run_skip skip = {.name = cursor_text(cursor)};

	skip.reason = cursor_text(cursor);
	const enum pyb_status status =
		pyb_array_grow((void **)&log->skips, log->skip_count, sizeof(skip), error);
	if (status == PYB_OK)
		log->skips[log->skip_count++] = skip;
	return status;
}

static enum pyb_status take_name(const char ***list, uint32_t *count, struct cursor *cursor,
				 struct pyb_error *error)
{
	const char *const name = cursor_text(cursor);
	const enum pyb_status status = pyb_array_grow((void **)list, *count, sizeof(name), error);

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
		status = take_begin(log, cursor, error);
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
	case 'L':
		log->is_cut = true;
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
		pyb_array_grow((void **)&log->payloads, log->payload_count, sizeof(void *), error);

	if (status != PYB_OK) {
		record_release(record);
		return status;
	}
	log->payloads[log->payload_count++] = record->payload;
	return take_payload(log, record->type, &cursor, error);
}

static enum pyb_status read_records(struct runlog *log, FILE *stream, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	bool end = false;

	while (status == PYB_OK && !end) {
		struct record record;

		status = record_read(stream, &record, &end, error);
		if (status == PYB_OK && !end)
			status = take_record(log, &record, error);
		else if (status == PYB_ERR_DAMAGED && feof(stream))
			log->is_cut = end = true;
	}
	return log->is_cut && end ? PYB_OK : status;
}

static enum pyb_status read_log(struct runlog *log, const struct log_file *file,
				struct pyb_error *error)
{
	struct pyb_error cause = {0};
	enum pyb_status status = PYB_ERR_IO;

	if (fseek(file->stream, 0, SEEK_SET) == 0)
		status = read_records(log, file->stream, &cause);
	else
		pyb_error_set(&cause, status, "it cannot be read: %s", strerror(errno));
	if (status == PYB_OK || status == PYB_ERR_MEMORY)
		return status == PYB_OK ? status : pyb_error_set(error, status, "%s", cause.text);
	return pyb_error_set(error, status,
			     "the notes about the run in %s are of no use: %s; did the program "
			     "write there? TMPDIR can name another folder for them",
			     file->path, cause.text);
}

/* Why nothing more could be written to the file; NULL if it is not known. */
static const char *find_obstacle(const struct log_file *file)
{
	enum { SOME = 1 << 16 }; /* bytes */
	struct stat status;
	const int descriptor = fileno(file->stream);

	if (fstat(descriptor, &status) != 0)
		return NULL;
	const int failure = posix_fallocate(descriptor, status.st_size, SOME);
	return failure == 0 ? NULL : strerror(failure);
}

static void warn_of_loss(const struct runlog *log, const struct log_file *file, int wait_status)
{
	if (log->is_cut) {
		const char *const obstacle = find_obstacle(file);

		message("warning: notes about the run are lost, modules may be missing: %s could "
			"not be written%s%s; set TMPDIR to a folder where there is space",
			file->path, obstacle == NULL ? "" : ": ", obstacle == NULL ? "" : obstacle);
	} else if (!log->is_complete && WIFEXITED(wait_status) && log->executable[0] != '\0') {
		message("warning: the notes about the run have no end; modules are missing if the "
			"program did not leave at once (os._exit, exec) but could not write to %s "
			"any longer; TMPDIR can name another folder",
			file->path);
	}
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

static void close_log_file(struct log_file *file)
{
	if (file->stream != NULL)
		fclose(file->stream);
	if (file->path != NULL)
		unlink(file->path);
	free(file->path);
}

static enum pyb_status make_log_file(struct log_file *file, struct pyb_error *error)
{
	const char *const given = getenv("TMPDIR");
	const char *const folder = given != NULL && given[0] == '/' ? given : "/tmp";

	*file = (struct log_file){0};
	if (asprintf(&file->path, "%s/pybundle-XXXXXX", folder) < 0) {
		file->path = NULL;
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	}
	const int descriptor = mkostemp(file->path, O_CLOEXEC);
	if (descriptor < 0) {
		pyb_error_set(error, PYB_ERR_IO,
			      "cannot make a file for notes in %s: %s; set TMPDIR to another "
			      "folder",
			      folder, strerror(errno));
		free(file->path);
		file->path = NULL;
		return PYB_ERR_IO;
	}
	file->stream = fdopen(descriptor, "r+b");
	if (file->stream != NULL)
		return PYB_OK;
	close(descriptor);
	close_log_file(file);
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

enum pyb_status runlog_record(struct runlog *log, const struct program *program, int *wait_status,
			      struct pyb_error *error)
{
	struct log_file file;
	char **command = NULL;

	*log = (struct runlog){.executable = ""};
	enum pyb_status status = make_log_file(&file, error);
	if (status != PYB_OK)
		return status;
	command = make_command(program, file.path);
	if (command == NULL)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (status == PYB_OK)
		status = foreground_run(command, wait_status, error);
	if (status == PYB_OK)
		status = read_log(log, &file, error);
	if (status == PYB_OK)
		warn_of_loss(log, &file, *wait_status);
	free(command);
	close_log_file(&file);
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
