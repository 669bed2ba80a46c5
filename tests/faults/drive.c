/* SPDX-License-Identifier: MIT */
/*
 * Lets each allocation of lib and manifest fail in turn, one at a time and all from one on:
 *
 *	drive manifest FILE     parse it
 *	drive read FILE         read a bundle as pybundle verify does
 *	drive write FILE LEVEL  write a bundle in place of FILE, compressed at LEVEL
 *
 * Whatever fails, the result is that without faults or PYB_ERR_MEMORY; prints how many did.
 * fail.so is to be preloaded, with a plan.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/digest.h"
#include "lib/memo_writer.h"
#include "lib/reader.h"
#include "lib/writer.h"
#include "manifest/manifest.h"
#include "tests/faults/fail.h"

/* The input, in memory that outlasts all tries. */
static struct {
	const char *path;
	uint8_t *bytes;
	size_t size;
	int level;
} input;

/* What a try gave: the digest is of all that the caller can see. */
struct outcome {
	enum pyb_status status;
	uint64_t digest;
	struct pyb_error error;
};

static void fail(const char *what, uint64_t number, const struct outcome *outcome)
{
	fprintf(stderr, "allocation %" PRIu64 ": %s: %s: %s\n", number, what,
		pyb_status_name(outcome->status), outcome->error.text);
	exit(1);
}

static void mix(struct outcome *outcome, const void *bytes, size_t size)
{
	outcome->digest = outcome->digest * 31 + pyb_digest64(bytes, size);
}

static void mix_text(struct outcome *outcome, const char *text)
{
	mix(outcome, text == NULL ? "" : text, text == NULL ? 0 : strlen(text) + 1);
}

/* --- what is tried */

static void mix_list(struct outcome *outcome, const struct manifest_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		mix_text(outcome, list->items[i]);
}

static void try_manifest(struct outcome *outcome)
{
	struct manifest manifest;
	struct manifest_problems problems;

	outcome->status = manifest_read(input.path, &manifest, &problems, &outcome->error);
	for (size_t i = 0; i < problems.count; i++)
		mix_text(outcome, problems.lines[i]);
	mix_text(outcome, manifest.name);
	mix_text(outcome, manifest.entry);
	mix_list(outcome, &manifest.startup);
	mix_list(outcome, &manifest.modules);
	mix_list(outcome, &manifest.absent);
	mix_list(outcome, &manifest.exclude);
	mix_list(outcome, &manifest.paths);
	manifest_release(&manifest);
	manifest_problems_release(&problems);
}

static enum pyb_status inflate(struct pyb_reader *reader, enum pyb_section_type type, void **code,
			       struct pyb_error *error)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) == 0)
		return PYB_OK;
	*code = malloc(section->size + 1);
	if (*code == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const enum pyb_status status = pyb_decompress(
		reader->file + section->offset, section->stored_size, *code, section->size, error);
	if (status == PYB_OK)
		pyb_reader_set_code(reader, type, *code);
	return status;
}

static void mix_modules(struct outcome *outcome, const struct pyb_reader *reader)
{
	for (uint32_t i = 0; i < reader->module_count && outcome->status == PYB_OK; i++) {
		struct pyb_module_view view;
		struct pyb_bytes code = {0};

		outcome->status = pyb_reader_module(reader, i, &view, &outcome->error);
		if (outcome->status == PYB_OK)
			outcome->status = pyb_reader_find(reader, view.name.text, view.name.size,
							  &view, &outcome->error);
		if (outcome->status == PYB_OK && view.record->kind == PYB_MODULE_SOURCE &&
		    reader->image == NULL)
			outcome->status = pyb_reader_code(reader, &view, &code, &outcome->error);
		mix_text(outcome, view.name.text);
		mix(outcome, code.data, code.size);
	}
}

static void try_read(struct outcome *outcome)
{
	struct pyb_reader reader;
	void *code[2] = {NULL, NULL};
	struct pyb_error *const error = &outcome->error;

	outcome->status = pyb_reader_init(&reader, input.bytes, input.size, error);
	if (outcome->status == PYB_OK)
		outcome->status = inflate(&reader, PYB_SECTION_STARTUP, &code[0], error);
	if (outcome->status == PYB_OK)
		outcome->status = inflate(&reader, PYB_SECTION_DEMAND, &code[1], error);
	if (outcome->status == PYB_OK)
		outcome->status = pyb_reader_verify(&reader, error);
	mix_modules(outcome, &reader);
	free(code[0]);
	free(code[1]);
}

static enum pyb_status add_modules(struct pyb_writer *writer, struct pyb_error *error)
{
	enum { COUNT = 80 }; /* more than one step of what grows by doubling */
	enum pyb_status status = PYB_OK;
	uint32_t folder = 0, number;

	for (int i = 0; i < COUNT && status == PYB_OK; i++) {
		char name[32], path[64];
		snprintf(name, sizeof(name), i % 7 == 0 ? "top%d" : "top%d.below", i / 7 * 7);
		if (i % 7 > 1)
			snprintf(name, sizeof(name), "top%d.below.deep%d", i / 7 * 7, i);
		snprintf(path, sizeof(path), "/lib/%d", i);
		const struct pyb_writer_directory given = {
			.path = path, .sys_path = i == 0, .mtime_ns = i};
		status = pyb_writer_add_directory(writer, &given, &folder, error);
		const struct pyb_writer_module module = {
			.name = name,
			.origin = path,
			.cached = i % 2 == 0 ? path : NULL,
			.kind = PYB_MODULE_SOURCE,
			.package = i % 7 < 2,
			.startup = i % 3 == 0,
			.directory = folder,
			.package_directory = i % 7 < 2 ? folder : PYB_NONE,
			.code = path,
			.code_size = strlen(path),
		};
		if (status == PYB_OK)
			status = pyb_writer_add_module(writer, &module, &number, error);
		if (status == PYB_OK && i > 0)
			status = pyb_writer_add_shadow(writer, folder, number, error);
	}
	return status;
}

static enum pyb_status add_memos(struct pyb_writer *writer, struct pyb_error *error)
{
	enum { COUNT = 70 };
	struct pyb_memo_writer memos = {0}, common = {0};
	struct pyb_buffer section = {0};
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < COUNT && status == PYB_OK; i++) {
		const struct pyb_memo_key key = {.text = {(const uint8_t *)&i, sizeof(i)}};
		status = pyb_memo_writer_add(&memos, &key, &key.text, error);
	}
	if (status == PYB_OK)
		status = pyb_memo_writer_add_common(&common, &memos, &memos, error);
	if (status == PYB_OK)
		status = pyb_memo_writer_finish(&common, &section, error);
	if (status == PYB_OK)
		status = pyb_writer_set_section(writer, PYB_SECTION_GENERATED, section.data,
						section.size, error);
	pyb_buffer_release(&section);
	pyb_memo_writer_release(&memos);
	pyb_memo_writer_release(&common);
	return status;
}

static void try_write(struct outcome *outcome)
{
	const struct pyb_writer_options options = {
		.name = "test",
		.interpreter = "/usr/bin/python3",
		.producer = "drive",
		.fingerprint = {.version = 0x030b02f0,
				.bytecode_magic = 3495,
				.marshal_version = 4,
				.implementation = "cpython",
				.soabi = "cpython-311",
				.cache_tag = "cpython-311"},
		.compression_level = input.level,
	};
	struct pyb_error *const error = &outcome->error;
	struct pyb_writer *writer;
	uint64_t written = 0;

	outcome->status = pyb_writer_create(&options, &writer, error);
	if (outcome->status == PYB_OK)
		outcome->status = add_modules(writer, error);
	if (outcome->status == PYB_OK)
		outcome->status = add_memos(writer, error);
	if (outcome->status == PYB_OK)
		outcome->status = pyb_writer_write(writer, input.path, &written, error);
	pyb_writer_destroy(writer);
	mix(outcome, &written, sizeof(written));
}

/* --- the file, which is the old one or the new one */

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *const stream = fopen(path, "rb");
	long end = -1;
	uint8_t *bytes = NULL;

	if (stream != NULL && fseek(stream, 0, SEEK_END) == 0)
		end = ftell(stream);
	if (end >= 0)
		bytes = malloc((size_t)end + 1);
	if (bytes != NULL) {
		rewind(stream);
		*size = fread(bytes, 1, (size_t)end, stream);
	}
	if (stream != NULL)
		fclose(stream);
	return bytes;
}

/* What is written is always the same, so that it is to be there whatever happens. */
static void check_file(uint64_t number, const struct outcome *outcome)
{
	size_t size = 0;
	uint8_t *const bytes = read_file(input.path, &size);

	if (bytes == NULL || size != input.size || memcmp(bytes, input.bytes, size) != 0)
		fail("the file is not whole", number, outcome);
	free(bytes);
}

/* --- all faults */

static uint64_t run_all(struct fail_plan *plan, void (*try)(struct outcome *),
			const struct outcome *expected, uint64_t length)
{
	uint64_t number = 1;

	for (;; number++) {
		struct outcome outcome = {0};

		plan->count = plan->failed = 0;
		plan->first = number;
		plan->last = length > UINT64_MAX - number ? UINT64_MAX : number + length - 1;
		try(&outcome);
		plan->first = 0;
		if (plan->failed == 0)
			return number - 1;
		if (outcome.status == PYB_ERR_MEMORY ? outcome.error.text[0] == '\0'
						     : outcome.status != expected->status ||
							       outcome.digest != expected->digest)
			fail("not as without faults", number, &outcome);
		check_file(number, &outcome);
	}
}

int main(int argc, char **argv)
{
	struct fail_plan *(*const plan_of)(void) =
		(struct fail_plan * (*)(void)) dlsym(RTLD_DEFAULT, "fail_plan");
	struct fail_plan *const plan = plan_of == NULL ? NULL : plan_of();
	const char *const verb = argc > 2 ? argv[1] : "";
	void (*const try)(struct outcome *) = strcmp(verb, "write") == 0      ? try_write
					      : strcmp(verb, "manifest") == 0 ? try_manifest
									      : try_read;
	struct outcome expected = {0};

	if (argc < 3 || plan == NULL) {
		fprintf(stderr, "usage: drive manifest|read|write FILE [LEVEL], under fail.so\n");
		return 2;
	}
	input.path = argv[2];
	input.level = argc > 3 ? atoi(argv[3]) : 0;
	if (try == try_write)
		try(&expected);
	input.bytes = read_file(input.path, &input.size);
	if (input.bytes == NULL)
		fail("it cannot be read", 0, &expected);
	expected = (struct outcome){0};
	try(&expected);
	const uint64_t one = run_all(plan, try, &expected, 1);
	const uint64_t rest = run_all(plan, try, &expected, UINT64_MAX);
	printf("%s %" PRIu64 "\n", pyb_status_name(expected.status), one + rest);
	free(input.bytes);
	return 0;
}
