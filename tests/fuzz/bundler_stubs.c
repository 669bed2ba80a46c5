/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bundler_stubs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/build/snapshot_step.h"
#include "bundler/message.h"
#include "bundler/process/child.h"
#include "bundler/process/foreground.h"
#include "lib/codec.h"
#include "lib/description.h"
#include "lib/output.h"
#include "lib/reader.h"
#include "tests/fuzz/target.h"

static const uint8_t *answer;
static size_t answer_size, answer_at;

void stub_set_answer(const uint8_t *data, size_t size)
{
	answer = data;
	answer_size = size;
	answer_at = 0;
}

/* --- instead of bundler/process/child.c */

enum pyb_status child_start(struct child *child, const struct child_script *script,
			    const struct child_manners *manners, const char *python,
			    struct pyb_error *error)
{
	(void)script;
	(void)manners;
	(void)python;
	if (answer_at == answer_size)
		answer_at = 0;
	child->answer =
		fmemopen((void *)(uintptr_t)(answer + answer_at), answer_size - answer_at, "rb");
	if (child->answer == NULL)
		return pyb_error_set(error, PYB_ERR_IO, "there is no answer");
	return PYB_OK;
}

void child_send(struct child *child, const void *data, size_t size)
{
	(void)child;
	(void)data;
	(void)size;
}

void child_progress(struct child *child)
{
	(void)child;
}

void child_finish(struct child *child, bool is_done, struct child_end *end)
{
	*end = (struct child_end){.is_known = child->answer != NULL, .was_stopped = is_done};
	if (child->answer == NULL)
		return;
	answer_at += (size_t)ftell(child->answer);
	fclose(child->answer);
}

bool child_describe(const struct child_end *end, char *text, size_t size)
{
	(void)end;
	(void)text;
	(void)size;
	return false;
}

/* --- instead of bundler/process/foreground.c */

/* The recorder's file is named behind its script, which is behind "-c" and what starts it. */
enum pyb_status foreground_run(char *const argv[], int *wait_status, struct pyb_error *error)
{
	enum { FILE_AFTER_OPTION = 3 };

	*wait_status = 0;
	while (strcmp(*argv, "-c") != 0)
		argv++;
	const int file = open(argv[FILE_AFTER_OPTION], O_WRONLY);
	if (file < 0 || write(file, answer, answer_size) != (ssize_t)answer_size)
		return pyb_error_set(error, PYB_ERR_IO, "cannot write");
	close(file);
	return PYB_OK;
}

/* --- instead of bundler/message.c */

void message(const char *format, ...)
{
	(void)format;
}

void progress_show(struct progress *progress, size_t done, size_t total)
{
	(void)progress;
	(void)done;
	(void)total;
}

void progress_erase(struct progress *progress)
{
	(void)progress;
}

/* --- instead of lib/output.c */

static void *decompress(struct pyb_reader *reader, enum pyb_section_type type)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);
	void *code;

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) == 0)
		return NULL;
	code = malloc(section->size);
	fuzz_must(code != NULL &&
			  pyb_decompress(reader->file + section->offset, section->stored_size, code,
					 section->size, NULL) == PYB_OK,
		  "what was compressed can be decompressed", NULL);
	pyb_reader_set_code(reader, type, code);
	return code;
}

enum pyb_status pyb_output_file(const char *path, mode_t mode, const void *data, size_t size,
				struct pyb_error *error)
{
	struct pyb_error fault = {0};
	struct pyb_reader reader;
	void *startup = NULL, *demand = NULL;
	enum pyb_status status = pyb_reader_init(&reader, data, size, &fault);

	(void)path;
	(void)mode;
	(void)error;
	if (status == PYB_OK) {
		startup = decompress(&reader, PYB_SECTION_STARTUP);
		demand = decompress(&reader, PYB_SECTION_DEMAND);
		status = pyb_reader_verify(&reader, &fault);
	}
	fuzz_must(status == PYB_OK, "what is written can be verified", fault.text);
	free(startup);
	free(demand);
	return PYB_OK;
}

/* --- instead of bundler/build/snapshot_step.c */

enum pyb_status snapshot_step(struct pyb_writer *writer, const struct snapshot_plan *plan,
			      const char *path, uint64_t *written, struct snapshot_result *result,
			      struct pyb_error *error)
{
	(void)plan;
	(void)result;
	return pyb_writer_write(writer, path, written, error);
}

void stub_check_writer(struct pyb_writer *writer)
{
	struct pyb_error error = {0};
	uint64_t written;

	if (pyb_writer_write(writer, "bundle", &written, &error) != PYB_OK)
		fuzz_must(error.text[0] != '\0', "an error has a text", NULL);
}
