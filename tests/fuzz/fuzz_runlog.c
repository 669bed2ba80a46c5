/* SPDX-License-Identifier: MIT */
/*
 * The recorder's notes, which the recorded program can write to: what is read of them becomes a
 * manifest that can be read, and added to.
 */
#include <stdlib.h>
#include <string.h>

#include "bundler/record/compose.h"
#include "bundler/resolve/resolver.h"
#include "tests/fuzz/bundler_stubs.h"
#include "tests/fuzz/target.h"

/* --- instead of bundler/resolve/resolver.c: nothing is found where the search path leads */

enum pyb_status resolve(const struct resolve_request *request, struct progress *progress,
			struct resolution *resolution, struct pyb_error *error)
{
	(void)request;
	(void)progress;
	(void)error;
	*resolution = (struct resolution){.executable = "", .version = ""};
	return PYB_OK;
}

static char python[] = "/python", target[] = "/app.py", none[] = "";
static char *const command[] = {target, NULL};
static char *flags[] = {NULL};
static const struct program program = {
	.python = python,
	.flags = flags,
	.mode = PROGRAM_SCRIPT,
	.target = target,
	.folder = none,
	.entry = target,
	.arguments = command + 1,
};

/* A path that is none of a program is told by `pybundle record` in the words of the parser. */
static bool is_about_python(const struct manifest_problems *problems)
{
	return problems->count == 1 && strstr(problems->lines[0], "key 'python'") != NULL;
}

/* Returns whether there is one. */
static bool read_manifest(const struct pyb_buffer *text, struct manifest *manifest)
{
	struct manifest_problems problems;
	struct pyb_error error = {0};
	const enum pyb_status status = manifest_parse("/folder/app.yaml", (const char *)text->data,
						      text->size, manifest, &problems, &error);

	fuzz_must(status == PYB_OK || is_about_python(&problems), "what was recorded is a manifest",
		  problems.count > 0 ? problems.lines[0] : error.text);
	manifest_problems_release(&problems);
	return status == PYB_OK;
}

static void compose(const struct runlog *log, const struct manifest *base, const char *base_text,
		    struct pyb_buffer *text)
{
	const struct compose_input input = {
		.log = log,
		.program = &program,
		.command = command,
		.base = base,
		.base_text = base_text,
		.file = "/folder/app.yaml",
		.default_python = python,
	};
	struct compose_counts counts;

	if (compose_manifest(&input, text, &counts, NULL) != PYB_OK)
		abort();
}

static void compose_again(const struct runlog *log, const struct manifest *manifest,
			  const char *text)
{
	struct pyb_buffer merged_text = {0};
	struct manifest merged;

	compose(log, manifest, text, &merged_text);
	(void)read_manifest(&merged_text, &merged);
	manifest_release(&merged);
	pyb_buffer_release(&merged_text);
}

static void use_log(const struct runlog *log)
{
	struct pyb_buffer text = {0};
	struct manifest manifest;

	compose(log, NULL, NULL, &text);
	const bool is_manifest = read_manifest(&text, &manifest);
	if (pyb_buffer_append(&text, "", 1, NULL) != PYB_OK)
		abort();
	if (is_manifest)
		compose_again(log, &manifest, (const char *)text.data);
	(void)runlog_is_missing(log, "a.b");
	manifest_release(&manifest);
	pyb_buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pyb_error error = {0};
	struct runlog log;
	int wait_status;

	stub_set_answer(data, size);
	if (runlog_record(&log, &program, &wait_status, &error) == PYB_OK) {
		/* If it is empty, nothing is written. */
		if (log.executable[0] != '\0')
			use_log(&log);
	} else {
		fuzz_must(error.text[0] != '\0', "an error has a text", NULL);
	}
	runlog_release(&log);
	return 0;
}
