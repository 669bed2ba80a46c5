/* SPDX-License-Identifier: MIT */
/* What the two rehearsals tell: what is kept of it becomes sections that can be verified. */
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

static void write_bundle(const struct rehearsal *rehearsal)
{
	struct pyb_writer *const writer = make_writer();

	if (pyb_writer_set_section(writer, PYB_SECTION_REGEXES, rehearsal->regexes.data,
				   rehearsal->regexes.size, NULL) == PYB_OK &&
	    pyb_writer_set_section(writer, PYB_SECTION_GENERATED, rehearsal->generated.data,
				   rehearsal->generated.size, NULL) == PYB_OK)
		stub_check_writer(writer);
	pyb_writer_destroy(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct collected_module module = {.name = "app", .startup = true};
	const struct collection collection = {
		.fingerprint = {.version = 0x030b02f0}, .modules = &module, .module_count = 1};
	const struct collect_request request = {.python = "/python"};
	const struct rehearsal_plan plan = {.request = &request, .collection = &collection};
	struct rehearsal rehearsal;
	struct pyb_error error = {0};

	if (size == 0)
		return 0;
	stub_set_answer(data, size);
	if (rehearse(&plan, &rehearsal, &error) == PYB_OK)
		write_bundle(&rehearsal);
	else
		fuzz_must(error.text[0] != '\0', "an error has a text", NULL);
	rehearsal_release(&rehearsal);
	return 0;
}
