/* SPDX-License-Identifier: MIT */
/* What the writer writes, the reader reads; what is damaged, the reader finds. */
#include "lib/codec.h"
#include "lib/header.h"
#include "lib/timestamp.h"
#include "tests/unit/bundle_sample.h"

START_TEST(empty_bundle_is_readable)
{
	struct pyb_reader reader;
	struct file file = finish(new_writer(&plain_options));

	open_reader(&reader, &file);
	ck_assert_uint_eq(reader.module_count, 0);
	ck_assert_ptr_null(find(&reader, "anything").record);
	ck_assert_uint_eq(pyb_reader_find_directory(&reader, "/", 1), PYB_NONE);
	free(file.bytes);
}
END_TEST

START_TEST(fields_come_back)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;
	struct pyb_bytes code;
	struct pyb_error error = {0};

	const uint32_t lib = add_directory(writer, "/lib", 1);
	add_source(writer, "x", lib, true, "code of x");
	struct file file = finish(writer);
	open_reader(&reader, &file);
	const struct pyb_module_view view = find(&reader, "x");
	ck_assert_ptr_nonnull(view.record);
	ck_assert_str_eq(view.name.text, "x");
	ck_assert_str_eq(view.origin.text, "/lib/x.py");
	ck_assert_str_eq(view.cached.text, "/lib/__pycache__/x.pyc");
	ck_assert_int_eq(view.record->mtime_ns, -5);
	ck_assert_uint_eq(view.record->file_size, 77);
	ck_assert_uint_eq(view.record->source_hash, 78);
	ck_assert_uint_eq(view.record->flags, PYB_MODULE_FLAG_STARTUP | PYB_MODULE_FLAG_HASHED);
	ck_assert_int_eq(pyb_reader_code(&reader, &view, &code, &error), PYB_OK);
	ck_assert_uint_eq(code.size, 9);
	ck_assert_mem_eq(code.data, "code of x", 9);
	free(file.bytes);
}
END_TEST

static void check_many(const struct pyb_reader *reader, unsigned int count)
{
	struct pyb_error error = {0};
	struct pyb_bytes code;
	char name[64], text[64];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "m%u.%x", i * 2654435761u, i);
		snprintf(text, sizeof(text), "code of %u", i);
		const struct pyb_module_view view = find(reader, name);
		ck_assert_msg(view.record != NULL, "%s is not found", name);
		ck_assert_int_eq(pyb_reader_code(reader, &view, &code, &error), PYB_OK);
		ck_assert_uint_eq(code.size, strlen(text));
		ck_assert_mem_eq(code.data, text, code.size);
		name[0] = 'n';
		ck_assert_ptr_null(find(reader, name).record);
	}
}

START_TEST(every_module_is_found)
{
	static const unsigned int counts[] = {1, 2, 3, 4, 5, 63, 64, 65, 1000, 20000};
	const unsigned int count = counts[_i];
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;

	fill_many(writer, count);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	ck_assert_uint_eq(reader.module_count, count);
	check_many(&reader, count);
	free(file.bytes);
}
END_TEST

START_TEST(startup_comes_first_in_given_order)
{
	static const char *const expected[] = {"z", "b", "a", "c"};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;

	const uint32_t lib = add_directory(writer, "/lib", 1);
	add_source(writer, "c", lib, false, "c");
	add_source(writer, "z", lib, true, "z");
	add_source(writer, "a", lib, false, "a");
	add_source(writer, "b", lib, true, "b");
	struct file file = finish(writer);
	open_reader(&reader, &file);
	for (uint32_t i = 0; i < 4; i++) {
		struct pyb_module_view view;
		ck_assert_int_eq(pyb_reader_module(&reader, i, &view, NULL), PYB_OK);
		ck_assert_str_eq(view.name.text, expected[i]);
	}
	free(file.bytes);
}
END_TEST

START_TEST(states_of_directories)
{
	const struct pyb_writer_directory given[] = {
		{.path = "/a", .mtime_ns = -1, .ctime_ns = 2, .inode = 3, .entries = 4},
		{.path = "/b", .mtime_ns = 1, .ctime_ns = 2, .entries = 4},
		{.path = "/c",
		 .mtime_ns = 1,
		 .ctime_ns = 2,
		 .inode = 3,
		 .unlisted = true,
		 .entries = 4},
		{.path = "/d",
		 .mtime_ns = 1,
		 .ctime_ns = 2,
		 .inode = 3,
		 .missing = true,
		 .entries = 4},
	};
	/* What cannot be known together is left out. */
	const struct pyb_directory expected[] = {
		{.mtime_ns = -1, .ctime_ns = 2, .inode = 3, .entries = 4},
		{.mtime_ns = 1, .entries = 4},
		{.mtime_ns = 1, .ctime_ns = 2, .inode = 3, .flags = PYB_DIRECTORY_FLAG_UNLISTED},
		{.flags = PYB_DIRECTORY_FLAG_MISSING},
	};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;
	uint32_t number;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		ck_assert_int_eq(pyb_writer_add_directory(writer, &given[i], &number, NULL),
				 PYB_OK);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct pyb_directory *const record = &reader.directories[i];
		ck_assert_int_eq(record->mtime_ns, expected[i].mtime_ns);
		ck_assert_int_eq(record->ctime_ns, expected[i].ctime_ns);
		ck_assert_uint_eq(record->inode, expected[i].inode);
		ck_assert_uint_eq(record->entries, expected[i].entries);
		ck_assert_uint_eq(record->flags, expected[i].flags);
	}
	free(file.bytes);
}
END_TEST

START_TEST(directories_and_shadows)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct pyb_reader reader;

	const uint32_t late = add_directory(writer, "/z", 1);
	const uint32_t early = add_directory(writer, "/a", 2);
	ck_assert_uint_eq(add_directory(writer, "/z", 9), late);
	const uint32_t one = add_source(writer, "one", early, false, "1");
	const uint32_t two = add_source(writer, "two", late, false, "2");
	ck_assert_int_eq(pyb_writer_add_shadow(writer, late, one, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_shadow(writer, early, two, &error), PYB_OK);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	const uint32_t a = pyb_reader_find_directory(&reader, "/a", 2);
	const uint32_t z = pyb_reader_find_directory(&reader, "/z", 2);
	ck_assert_uint_eq(a, 0);
	ck_assert_uint_eq(z, 1);
	ck_assert_uint_eq(pyb_reader_find_directory(&reader, "/zz", 3), PYB_NONE);
	ck_assert(pyb_reader_is_shadowed(&reader, z, find(&reader, "one").number));
	ck_assert(pyb_reader_is_shadowed(&reader, a, find(&reader, "two").number));
	ck_assert(!pyb_reader_is_shadowed(&reader, a, find(&reader, "one").number));
	free(file.bytes);
}
END_TEST

START_TEST(same_description_same_bytes)
{
	struct pyb_writer *first = new_writer(&plain_options);
	struct pyb_writer *second = new_writer(&plain_options);

	fill_many(first, 300);
	fill_many(second, 300);
	struct file a = finish(first);
	struct file b = finish(second);
	ck_assert_uint_eq(a.size, b.size);
	ck_assert_mem_eq(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
}
END_TEST

static void inflate(struct pyb_reader *reader, enum pyb_section_type type, uint8_t **bytes)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);
	struct pyb_error error = {0};

	ck_assert_uint_eq(section->flags, PYB_SECTION_FLAG_ZSTD);
	ck_assert_uint_lt(section->stored_size, section->size);
	*bytes = malloc(section->size);
	ck_assert_int_eq(pyb_decompress(reader->file + section->offset, section->stored_size,
					*bytes, section->size, &error),
			 PYB_OK);
	pyb_reader_set_code(reader, type, *bytes);
}

START_TEST(compressed_code_comes_back)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_module_view view;
	struct pyb_error error = {0};
	struct pyb_bytes code;
	struct pyb_reader reader;
	uint8_t *startup, *demand;

	options.compression_level = 3;
	struct pyb_writer *const writer = new_writer(&options);
	fill_many(writer, 500);
	struct file file = finish(writer);
	ck_assert_int_eq(pyb_reader_init(&reader, file.bytes, file.size, &error), PYB_OK);
	view = find(&reader, "m0.0");
	ck_assert_int_eq(pyb_reader_code(&reader, &view, &code, &error), PYB_ERR_INVALID);
	inflate(&reader, PYB_SECTION_STARTUP, &startup);
	inflate(&reader, PYB_SECTION_DEMAND, &demand);
	error = (struct pyb_error){0};
	ck_assert_msg(pyb_reader_verify(&reader, &error) == PYB_OK, "%s", error.text);
	check_many(&reader, 500);
	free(startup);
	free(demand);
	free(file.bytes);
}
END_TEST

static struct file small_bundle(void)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	const uint32_t lib = add_directory(writer, "/lib", 1);

	add_source(writer, "x", lib, true, "code of x");
	add_source(writer, "y", lib, false, "code of y");
	return finish(writer);
}

static bool is_found_bad(const uint8_t *bytes, size_t size)
{
	struct pyb_error error = {0};
	struct pyb_reader reader;

	if (pyb_reader_init(&reader, bytes, size, &error) == PYB_OK)
		(void)pyb_reader_verify(&reader, &error);
	ck_assert(error.status == PYB_OK || error.text[0] != '\0');
	return error.status == PYB_ERR_DAMAGED || error.status == PYB_ERR_NOT_BUNDLE ||
	       error.status == PYB_ERR_UNSUPPORTED;
}

START_TEST(every_flipped_byte_is_found)
{
	struct file file = small_bundle();

	for (size_t i = 0; i < file.size; i++) {
		file.bytes[i] ^= 0x40;
		ck_assert_msg(is_found_bad(file.bytes, file.size), "byte %zu", i);
		file.bytes[i] ^= 0x40;
	}
	ck_assert(!is_found_bad(file.bytes, file.size));
	free(file.bytes);
}
END_TEST

START_TEST(every_truncation_is_found)
{
	const struct file file = small_bundle();

	for (size_t size = 0; size < file.size; size += size < 5000 ? 1 : 997) {
		/* A copy at its exact size, so that tools see reads beyond the end. */
		uint8_t *const copy = malloc(size == 0 ? 1 : size);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, file.bytes, size);
		ck_assert_msg(is_found_bad(copy, size), "%zu bytes", size);
		free(copy);
	}
	free(file.bytes);
}
END_TEST

START_TEST(times_match_as_far_as_they_go)
{
	static const struct {
		int64_t recorded;
		struct timespec found;
		bool same;
	} cases[] = {
		{1500000000, {1, 500000000}, true},
		{1500000000, {1, 500000001}, false},
		{1500000000, {1, 0}, true}, /* the file's time was cut */
		{1000000000, {1, 7}, true}, /* the recorded one was */
		{1000000000, {2, 0}, false},
		{-500000000, {-1, 500000000}, true},
		{-500000000, {-1, 0}, true},
		{-500000000, {0, 0}, false},
		{0, {INT64_MAX / 2, 0}, false}, /* does not fit into nanoseconds */
		{INT64_MAX, {INT64_MAX / 2, 5}, true},
	};

	ck_assert_msg(pyb_timestamp_matches(cases[_i].recorded, &cases[_i].found) == cases[_i].same,
		      "case %d", _i);
}
END_TEST

START_TEST(impossible_compressed_size_is_refused)
{
	struct pyb_writer_options options = plain_options;
	const char *reason = NULL;

	options.compression_level = 3;
	struct pyb_writer *const writer = new_writer(&options);
	fill_many(writer, 500);
	struct file file = finish(writer);
	struct pyb_header *const header = (struct pyb_header *)(void *)file.bytes;
	for (uint32_t i = 0; i < header->section_count; i++)
		if ((header->sections[i].flags & PYB_SECTION_FLAG_ZSTD) != 0)
			header->sections[i].size = UINT64_MAX;
	header->checksum = pyb_header_checksum(header);
	ck_assert_int_eq(pyb_header_check(file.bytes, file.size, file.size, &reason),
			 PYB_ERR_DAMAGED);
	ck_assert_str_eq(reason, "a section claims to be larger than it can be");
	free(file.bytes);
}
END_TEST

static Suite *bundle_suite(void)
{
	Suite *const suite = suite_create("bundle");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, empty_bundle_is_readable);
	tcase_add_test(tcase, fields_come_back);
	tcase_add_loop_test(tcase, every_module_is_found, 0, 10);
	tcase_add_test(tcase, startup_comes_first_in_given_order);
	tcase_add_test(tcase, states_of_directories);
	tcase_add_test(tcase, directories_and_shadows);
	tcase_add_test(tcase, same_description_same_bytes);
	tcase_add_test(tcase, compressed_code_comes_back);
	tcase_add_test(tcase, every_flipped_byte_is_found);
	tcase_add_test(tcase, every_truncation_is_found);
	tcase_add_loop_test(tcase, times_match_as_far_as_they_go, 0, 10);
	tcase_add_test(tcase, impossible_compressed_size_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *const runner = srunner_create(bundle_suite());
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
