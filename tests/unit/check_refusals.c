/* SPDX-License-Identifier: MIT */
/* What callers and bundles can get wrong, one by one: each has its status and its words. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/digest.h"
#include "lib/header.h"
#include "lib/image.h"
#include "lib/memo.h"
#include "lib/reader.h"
#include "lib/writer.h"
#include "tests/unit/refusing.h"

/* --- a bundle with a bit of everything, in memory */

static const struct pyb_writer_options plain_options = {
	.name = "test",
	.interpreter = "/usr/bin/python3",
	.producer = "check_refusals",
	.fingerprint = {.version = 0x030b02f0,
			.bytecode_magic = 3495,
			.marshal_version = 4,
			.implementation = "cpython",
			.soabi = "cpython-311-x86_64-linux-gnu",
			.cache_tag = "cpython-311"},
};

static struct pyb_writer *new_writer(const struct pyb_writer_options *options)
{
	struct pyb_error error = {0};
	struct pyb_writer *writer;

	ck_assert_msg(pyb_writer_create(options, &writer, &error) == PYB_OK, "%s", error.text);
	return writer;
}

static uint32_t add_folder(struct pyb_writer *writer, const char *path, uint32_t sys_path)
{
	uint32_t number;

	const struct pyb_writer_directory given = {
		.path = path, .sys_path = sys_path, .mtime_ns = 1};

	ck_assert_int_eq(pyb_writer_add_directory(writer, &given, &number, NULL), PYB_OK);
	return number;
}

static const struct pyb_writer_module source = {
	.name = "m",
	.origin = "/lib/m.py",
	.kind = PYB_MODULE_SOURCE,
	.package_directory = PYB_NONE,
	.code = "code",
	.code_size = 4,
};

static uint32_t add_module(struct pyb_writer *writer, const char *name)
{
	struct pyb_writer_module module = source;
	struct pyb_error error = {0};
	uint32_t number;

	module.name = name;
	ck_assert_msg(pyb_writer_add_module(writer, &module, &number, &error) == PYB_OK, "%s",
		      error.text);
	return number;
}

struct file {
	uint8_t *bytes;
	size_t size;
};

static struct file read_bundle(size_t size)
{
	const struct file file = {.bytes = malloc(size), .size = size};
	const int descriptor = open("x.pyb", O_RDONLY);

	ck_assert_int_eq(read(descriptor, file.bytes, size), (ssize_t)size);
	close(descriptor);
	return file;
}

/* Modules a, b and c in /lib, of which b has a shadow in /other, and two names of harmless ones. */
static struct file make_bundle(void)
{
	static const char harmless[] = "one\0two.three";
	struct pyb_writer *const writer = new_writer(&plain_options);
	uint64_t written;

	add_folder(writer, "/lib", 1);
	const uint32_t other = add_folder(writer, "/other", 2);
	add_module(writer, "a");
	const uint32_t shadowed = add_module(writer, "b");
	add_module(writer, "c");
	ck_assert_int_eq(pyb_writer_add_shadow(writer, other, shadowed, NULL), PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_HARMLESS, harmless,
						sizeof(harmless), NULL),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_write(writer, "x.pyb", &written, NULL), PYB_OK);
	pyb_writer_destroy(writer);
	return read_bundle(written);
}

static struct pyb_header *header_of(struct file *file)
{
	return (struct pyb_header *)(void *)file->bytes;
}

static void *section_of(struct file *file, enum pyb_section_type type)
{
	return file->bytes + pyb_header_section(header_of(file), type)->offset;
}

/* Put the checksums right, but not the content id. */
static void stamp(struct file *file)
{
	struct pyb_header *const header = header_of(file);

	for (uint32_t i = 0; i < header->section_count; i++) {
		struct pyb_section *const section = &header->sections[i];
		section->checksum =
			pyb_digest64(file->bytes + section->offset, section->stored_size);
	}
	header->checksum = pyb_header_checksum(header);
}

static void stamp_content(struct file *file)
{
	pyb_digest128(file->bytes + PYB_PAGE_SIZE, file->size - PYB_PAGE_SIZE,
		      header_of(file)->content_id);
	stamp(file);
}

/* What verify says; the bundle can be opened. */
static void expect_fault(struct file *file, const char *words)
{
	struct pyb_reader reader;
	struct pyb_error error = {0};

	ck_assert_msg(pyb_reader_init(&reader, file->bytes, file->size, &error) == PYB_OK, "%s",
		      error.text);
	expect(pyb_reader_verify(&reader, &error), PYB_ERR_DAMAGED, &error, words);
	free(file->bytes);
}

/* --- error.h */

START_TEST(every_status_has_a_name)
{
	for (int i = PYB_OK; i <= PYB_ERR_INVALID; i++) {
		const char *const name = pyb_status_name((enum pyb_status)i);
		ck_assert_str_ne(name, "unknown");
		for (int j = PYB_OK; j < i; j++)
			ck_assert_str_ne(name, pyb_status_name((enum pyb_status)j));
	}
	ck_assert_str_eq(pyb_status_name((enum pyb_status)1000), "unknown");
}
END_TEST

START_TEST(the_first_error_stays)
{
	struct pyb_error error = {0};

	pyb_error_set_at(&error, PYB_ERR_DAMAGED, 7, "first");
	ck_assert_int_eq(pyb_error_set(&error, PYB_ERR_IO, "second"), PYB_ERR_IO);
	ck_assert_int_eq(error.status, PYB_ERR_DAMAGED);
	ck_assert_uint_eq(error.offset, 7);
	ck_assert_str_eq(error.text, "first");
	ck_assert_int_eq(pyb_error_set(NULL, PYB_ERR_IO, "nowhere"), PYB_ERR_IO);
}
END_TEST

/* --- reader.h */

START_TEST(records_that_are_not_there)
{
	struct file file = make_bundle();
	struct pyb_reader reader;
	struct pyb_error error = {0};
	struct pyb_module_view view;
	struct pyb_image_view image;
	struct pyb_string path;
	const struct pyb_directory *record;

	ck_assert_int_eq(pyb_reader_init(&reader, file.bytes, file.size, NULL), PYB_OK);
	expect(pyb_reader_module(&reader, 3, &view, &error), PYB_ERR_DAMAGED, &error,
	       "there is no module record 3");
	error = (struct pyb_error){0};
	expect(pyb_reader_directory(&reader, 2, &record, &path, &error), PYB_ERR_DAMAGED, &error,
	       "there is no directory record 2");
	error = (struct pyb_error){0};
	expect(pyb_image_open(&reader, &image, &error), PYB_ERR_INVALID, &error, "not an image");
	free(file.bytes);
}
END_TEST

START_TEST(wrong_content_id)
{
	struct file file = make_bundle();

	header_of(&file)->content_id[3] ^= 1;
	stamp(&file);
	expect_fault(&file, "the content id is wrong");
}
END_TEST

static void swap(void *a, void *b, size_t size)
{
	uint8_t kept[64];

	ck_assert_uint_le(size, sizeof(kept));
	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

START_TEST(modules_out_of_order)
{
	struct file file = make_bundle();
	struct pyb_module *const modules = section_of(&file, PYB_SECTION_MODULES);
	uint32_t *const index = section_of(&file, PYB_SECTION_INDEX);
	const uint64_t size = pyb_header_section(header_of(&file), PYB_SECTION_INDEX)->size;

	swap(&modules[0].name_offset, &modules[2].name_offset, sizeof(modules->name_offset));
	swap(&modules[0].name_hash, &modules[2].name_hash, sizeof(modules->name_hash));
	for (uint64_t i = 0; i < size / sizeof(*index); i++)
		if (index[i] == 1 || index[i] == 3)
			index[i] = 4 - index[i];
	stamp_content(&file);
	expect_fault(&file, "is out of order");
}
END_TEST

START_TEST(malformed_shadow)
{
	struct file file = make_bundle();
	struct pyb_shadow *const shadow = section_of(&file, PYB_SECTION_SHADOWS);

	shadow->module = 1000;
	stamp_content(&file);
	expect_fault(&file, "the shadow record 0 is malformed");
}
END_TEST

START_TEST(directory_records_are_checked_at_once)
{
	struct file file = make_bundle();
	struct pyb_directory *const directories = section_of(&file, PYB_SECTION_DIRECTORIES);
	struct pyb_reader reader;
	struct pyb_error error = {0};

	swap(&directories[0].path_offset, &directories[1].path_offset, 2 * sizeof(uint32_t));
	stamp_content(&file);
	expect(pyb_reader_init(&reader, file.bytes, file.size, &error), PYB_ERR_DAMAGED, &error,
	       "the directories are not sorted");
	error = (struct pyb_error){0};
	directories[0] = directories[1];
	stamp_content(&file);
	expect(pyb_reader_init(&reader, file.bytes, file.size, &error), PYB_ERR_DAMAGED, &error,
	       "or one is there twice");
	free(file.bytes);
}
END_TEST

START_TEST(malformed_names_of_harmless_modules)
{
	static const struct {
		size_t place;
		char byte;
	} faults[] = {{0, '\0'}, {4, '\0'}, {13, 'x'}};

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct file file = make_bundle();
		char *const names = section_of(&file, PYB_SECTION_HARMLESS);
		struct pyb_reader reader;

		ck_assert_int_eq(pyb_reader_init(&reader, file.bytes, file.size, NULL), PYB_OK);
		ck_assert_int_eq(pyb_reader_verify(&reader, NULL), PYB_OK);
		names[faults[i].place] = faults[i].byte;
		stamp_content(&file);
		expect_fault(&file, "the names of harmless modules are malformed");
	}
}
END_TEST

START_TEST(patterns_that_are_cut_off)
{
	const struct pyb_regex regex = {.code_count = 1};
	const struct pyb_bytes cut = {.data = (const void *)&regex, .size = sizeof(regex) - 1};
	const struct pyb_bytes no_code = {.data = (const void *)&regex, .size = sizeof(regex)};
	struct pyb_regex_view view;
	struct pyb_error error = {0};

	expect(pyb_regex_open(&cut, &view, &error), PYB_ERR_DAMAGED, &error, "cut off");
	error = (struct pyb_error){0};
	expect(pyb_regex_open(&no_code, &view, &error), PYB_ERR_DAMAGED, &error, "cut off");
}
END_TEST

/* --- writer.h */

static void refuse_options(const struct pyb_writer_options *options, const char *words)
{
	struct pyb_writer *writer = (struct pyb_writer *)&folder;
	struct pyb_error error = {0};

	expect(pyb_writer_create(options, &writer, &error), PYB_ERR_INVALID, &error, words);
	ck_assert_ptr_null(writer);
}

START_TEST(options_of_bundles)
{
	struct pyb_writer_options bad = plain_options;

	bad.name = "";
	refuse_options(&bad, "the bundle has no name");
	bad = plain_options;
	bad.interpreter = "python3";
	refuse_options(&bad, "the interpreter's path is not absolute");
	bad = plain_options;
	bad.producer = NULL;
	refuse_options(&bad, "the bundle has no producer");
	bad = plain_options;
	bad.optimize = 3;
	refuse_options(&bad, "a policy has an illegal value");
	bad = plain_options;
	bad.compression_level = PYB_COMPRESSION_LEVEL_MAX + 1;
	refuse_options(&bad, "a policy has an illegal value");
	bad = plain_options;
	bad.policies = 1U << 31;
	refuse_options(&bad, "a policy has an illegal value");
}
END_TEST

START_TEST(folders_modules_and_shadows)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_writer_module module = source;
	struct pyb_error error = {0};
	const struct pyb_writer_directory relative = {.path = "lib"};
	const struct pyb_writer_directory other = {.path = "/other", .sys_path = 1};
	uint32_t number;

	expect(pyb_writer_add_directory(writer, &relative, &number, &error), PYB_ERR_INVALID,
	       &error, "'lib' is not an absolute path");
	add_folder(writer, "/lib", 1);
	error = (struct pyb_error){0};
	expect(pyb_writer_add_directory(writer, &other, &number, &error), PYB_ERR_INVALID, &error,
	       "have the same place on sys.path");
	error = (struct pyb_error){0};
	const struct pyb_writer_directory roots[] = {{.path = "/1", .root = 1},
						     {.path = "/2", .root = 1}};
	ck_assert_int_eq(pyb_writer_add_directory(writer, &roots[0], &number, NULL), PYB_OK);
	expect(pyb_writer_add_directory(writer, &roots[1], &number, &error), PYB_ERR_INVALID,
	       &error, "'/1' and '/2' have the same place among the roots");
	error = (struct pyb_error){0};
	module.kind = (enum pyb_module_kind)99;
	expect(pyb_writer_add_module(writer, &module, &number, &error), PYB_ERR_INVALID, &error,
	       "module 'm' is of no known kind");
	error = (struct pyb_error){0};
	expect(pyb_writer_add_shadow(writer, 0, 0, &error), PYB_ERR_INVALID, &error,
	       "a shadow names no known record");
	pyb_writer_destroy(writer);
}
END_TEST

/* The description of an image that has tables for no groups, but says that it has. */
START_TEST(images_with_wrong_tables)
{
	const struct {
		struct pyb_image image;
		struct pyb_image_module modules[1];
	} tables = {.image = {.module_count = 1, .group_count = 100}};
	const struct pyb_writer_image image = {.image = &tables,
					       .image_size = sizeof(tables),
					       .code_sizes = (const uint64_t[]){4}};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	uint64_t written;

	add_folder(writer, "/lib", 1);
	add_module(writer, "m");
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	expect(pyb_writer_write(writer, "x.pyb", &written, &error), PYB_ERR_INVALID, &error,
	       "the tables of the image have wrong sizes");
	ck_assert_int_ne(access("x.pyb", F_OK), 0);
	pyb_writer_destroy(writer);
}
END_TEST

/* Code that only grows is stored as it is, in a bundle that is compressed. */
START_TEST(what_cannot_be_compressed)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_writer_module module = source;
	uint8_t noise[5000];
	uint64_t state = 1, written;
	uint32_t number;

	for (size_t i = 0; i < sizeof(noise); i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		noise[i] = (uint8_t)(state >> 56);
	}
	options.compression_level = 19;
	module.code = noise;
	module.code_size = sizeof(noise);
	struct pyb_writer *const writer = new_writer(&options);
	add_folder(writer, "/lib", 1);
	ck_assert_int_eq(pyb_writer_add_module(writer, &module, &number, NULL), PYB_OK);
	ck_assert_int_eq(pyb_writer_write(writer, "x.pyb", &written, NULL), PYB_OK);
	pyb_writer_destroy(writer);
	struct file file = read_bundle(written);
	const struct pyb_section *const code =
		pyb_header_section(header_of(&file), PYB_SECTION_DEMAND);
	ck_assert_uint_eq(code->flags & PYB_SECTION_FLAG_ZSTD, 0);
	ck_assert_uint_eq(code->stored_size, code->size);
	free(file.bytes);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, every_status_has_a_name);
	tcase_add_test(tcase, the_first_error_stays);
	tcase_add_test(tcase, records_that_are_not_there);
	tcase_add_test(tcase, wrong_content_id);
	tcase_add_test(tcase, modules_out_of_order);
	tcase_add_test(tcase, malformed_shadow);
	tcase_add_test(tcase, directory_records_are_checked_at_once);
	tcase_add_test(tcase, malformed_names_of_harmless_modules);
	tcase_add_test(tcase, patterns_that_are_cut_off);
	tcase_add_test(tcase, options_of_bundles);
	tcase_add_test(tcase, folders_modules_and_shadows);
	tcase_add_test(tcase, images_with_wrong_tables);
	tcase_add_test(tcase, what_cannot_be_compressed);
}

int main(void)
{
	Suite *const suite = suite_create("refusals");
	TCase *const tcase = tcase_create("refusals");
	SRunner *const runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_set_timeout(tcase, 120);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
