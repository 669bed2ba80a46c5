/* SPDX-License-Identifier: MIT */
/*
 * The image builder's answer, for one startup module and one other: what the writer takes of it
 * becomes a bundle that can be verified.
 */
#include <stdlib.h>

#include "bundler/build/image_payload.h"
#include "tests/fuzz/bundler_stubs.h"
#include "tests/fuzz/target.h"

enum { MODULE_COUNT = 2, HEXVERSION = 0x030b02f0 };

static struct pyb_writer *make_writer(void)
{
	const struct pyb_writer_options options = {
		.name = "app",
		.interpreter = "/python",
		.producer = "fuzz",
		.fingerprint = {.implementation = "cpython", .soabi = "s", .cache_tag = "t"},
	};
	struct pyb_writer_module modules[MODULE_COUNT] = {
		{.name = "a", .origin = "/a.py", .kind = PYB_MODULE_SOURCE, .startup = true},
		{.name = "b", .origin = "/b.py", .kind = PYB_MODULE_SOURCE},
	};
	const struct pyb_writer_directory root = {.path = "/", .sys_path = 1, .mtime_ns = 1};
	struct pyb_writer *writer;
	uint32_t folder, number;

	if (pyb_writer_create(&options, &writer, NULL) != PYB_OK ||
	    pyb_writer_add_directory(writer, &root, &folder, NULL) != PYB_OK)
		abort();
	for (int i = 0; i < MODULE_COUNT; i++) {
		modules[i].directory = folder;
		modules[i].package_directory = PYB_NONE;
		if (pyb_writer_add_module(writer, &modules[i], &number, NULL) != PYB_OK)
			abort();
	}
	return writer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_module modules[MODULE_COUNT] = {
		{.code = "N", .code_size = 1, .startup = true},
		{.code = "N", .code_size = 1},
	};
	static const struct image_plan plan = {
		.python = "/python",
		.builder = "builder",
		.hexversion = HEXVERSION,
		.modules = modules,
		.count = MODULE_COUNT,
	};
	struct pyb_writer *const writer = make_writer();
	struct pyb_error error = {0};
	struct image image;

	stub_set_answer(data, size);
	if (size > 0) {
		const enum pyb_status status = image_make(&plan, &image, &error);
		fuzz_must(status == PYB_OK || status == error.status, "the status is the error's",
			  error.text);
		if (status == PYB_OK &&
		    pyb_writer_set_image(writer, &image.parts, &error) == PYB_OK)
			stub_check_writer(writer);
		image_release(&image);
	}
	pyb_writer_destroy(writer);
	return 0;
}
