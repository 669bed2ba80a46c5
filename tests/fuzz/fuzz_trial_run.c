/* SPDX-License-Identifier: MIT */
/* What the two trial runs tell: what is kept of it becomes sections that can be verified. */
#include <stdlib.h>

#include "bundler/build/trial_run.h"
#include "tests/fuzz/bundler_stubs.h"
#include "tests/fuzz/target.h"

static struct pyb_writer *make_writer(void)
{
	const struct pyb_writer_options options = {
		.name = "app",
		.interpreter = "/python",
		.producer = "fuzz",
		.fingerprint = {.implementation = "cpython", .soabi = "s", .cache_tag = "t"},
	};
	struct pyb_writer *writer;

	if (pyb_writer_create(&options, &writer, NULL) != PYB_OK)
		abort();
	return writer;
}

static void write_bundle(const struct trial_run *trial_run)
{
	struct pyb_writer *const writer = make_writer();

	if (pyb_writer_set_section(writer, PYB_SECTION_REGEXES, trial_run->regexes.data,
				   trial_run->regexes.size, NULL) == PYB_OK &&
	    pyb_writer_set_section(writer, PYB_SECTION_GENERATED, trial_run->generated.data,
				   trial_run->generated.size, NULL) == PYB_OK &&
	    pyb_writer_set_section(writer, PYB_SECTION_METADATA, trial_run->metadata.data,
				   trial_run->metadata.size, NULL) == PYB_OK)
		stub_check_writer(writer);
	pyb_writer_destroy(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolved_module module = {.name = "app", .startup = true};
	const struct resolution resolution = {
		.fingerprint = {.version = 0x030b02f0}, .modules = &module, .module_count = 1};
	const struct resolve_request request = {.python = "/python"};
	const struct trial_run_plan plan = {.request = &request, .resolution = &resolution};
	struct trial_run trial_run;
	struct pyb_error error = {0};

	if (size == 0)
		return 0;
	stub_set_answer(data, size);
	if (make_trial_run(&plan, &trial_run, &error) == PYB_OK)
		write_bundle(&trial_run);
	else
		fuzz_must(error.text[0] != '\0', "an error has a text", NULL);
	trial_run_release(&trial_run);
	return 0;
}
