/* SPDX-License-Identifier: MIT */
/*
 * The resolver's answer: what is accepted of it becomes a bundle that can be verified. The first
 * byte says how the bundle is made.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bundler/build/pack.h"
#include "bundler/resolve/answer.h"
#include "tests/fuzz/bundler_stubs.h"
#include "tests/fuzz/target.h"

enum { COMPRESSED = 1, NEVER_CHECKED = 2 };

static enum pyb_status read_resolution(FILE *stream, struct answer *answer)
{
	enum pyb_status status = PYB_OK;
	bool end = false;

	while (status == PYB_OK && !end && !answer->is_complete) {
		struct record record;

		status = record_read(stream, &record, &end, answer->error);
		if (status == PYB_OK && !end)
			status = answer_take(answer, &record);
	}
	return status;
}

static void write_bundle(const struct resolution *resolution, uint8_t how)
{
	static char file[] = "/folder/app.yaml", name[] = "app";
	const struct manifest manifest = {
		.file = file,
		.name = name,
		.payload = MANIFEST_PAYLOAD_MARSHAL,
		.check = (how & NEVER_CHECKED) != 0 ? MANIFEST_CHECK_NEVER : MANIFEST_CHECK_SOURCE,
		.compression_level = (how & COMPRESSED) != 0 ? 1 : 0,
	};
	const struct trial_run trial_run = {0};
	const struct previous previous = {0};
	const struct bundle_plan plan = {
		.manifest = &manifest,
		.resolution = resolution,
		.trial_run = &trial_run,
		.previous = &previous,
		.path = "bundle",
	};
	struct bundle_counts counts;
	struct snapshot_result snapshot;
	struct pyb_error error = {0};
	const enum pyb_status status = bundle_write(&plan, &counts, &snapshot, &error);

	fuzz_must(status == PYB_OK || error.text[0] != '\0', "an error has a text", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolution resolution = {.executable = "", .version = ""};
	struct pyb_error error = {0};
	struct answer answer = {
		.resolution = &resolution, .real_executable = "", .libpython = "", .error = &error};

	if (size < 2)
		return 0;
	FILE *const stream = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "rb");
	if (stream == NULL)
		abort();
	const enum pyb_status status = read_resolution(stream, &answer);
	fuzz_must(status == PYB_OK || error.text[0] != '\0', "an error has a text", NULL);
	if (status == PYB_OK && answer.is_complete)
		write_bundle(&resolution, data[0]);
	resolution_release(&resolution);
	fclose(stream);
	return 0;
}
