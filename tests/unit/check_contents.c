/* SPDX-License-Identifier: MIT */
/* importer/memory/contents.h: the pages of a snapshot are of no account to a start that does without them. */
#include <sys/resource.h>

#include "importer/memory/contents.h"
#include "lib/policy.h"
#include "lib/snapshot.h"
#include "tests/unit/bundle_sample.h"
#include "tests/unit/snapshot_sample.h"

enum { MANY_PAGES = 64 << 20 };

static const uint8_t pages[MANY_PAGES];

static void write_sample(const char *name, uint32_t policies, bool has_snapshot)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	struct snapshot_sample sample;
	uint64_t written;

	options.policies = policies;
	struct pyb_writer *const writer = new_writer(&options);
	sample_make(&sample);
	sample.snapshot.pages_size = sizeof(pages);
	struct pyb_buffer section = sample_compose(&sample);
	if (has_snapshot) {
		pyb_writer_lend_section(writer, PYB_SECTION_SNAPSHOT, section.data, section.size,
					NULL);
		pyb_writer_lend_section(writer, PYB_SECTION_PAGES, pages, sizeof(pages), NULL);
	}
	ck_assert_int_eq(pyb_writer_set_main(writer, "pass", 4, NULL), PYB_OK);
	ck_assert_msg(pyb_writer_write(writer, in_folder(name), &written, &error) == PYB_OK, "%s",
		      error.text);
	pyb_writer_destroy(writer);
	pyb_buffer_release(&section);
}

static struct contents take(const char *name)
{
	const int descriptor = open(in_folder(name), O_RDONLY | O_CLOEXEC);
	struct pyb_error error = {0};
	struct contents contents;

	ck_assert_int_ge(descriptor, 0);
	ck_assert_msg(contents_take(&contents, descriptor, &error) == PYB_OK, "%s", error.text);
	close(descriptor);
	return contents;
}

static struct pyb_reader read_contents(const struct contents *contents)
{
	struct pyb_error error = {0};
	struct pyb_reader reader;

	ck_assert_msg(pyb_reader_init_part(&reader, contents->start, contents->size,
					   contents->file_size, &error) == PYB_OK,
		      "%s", error.text);
	return reader;
}

/* With a snapshot as without, of a program that may have as much memory. */
START_TEST(limited_memory)
{
	const struct rlimit limit = {UINT64_C(8) * MANY_PAGES, RLIM_INFINITY};

	write_sample("a.pyb", 0, _i != 0);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	struct contents contents = take("a.pyb");
	ck_assert_uint_lt(contents.size, MANY_PAGES);
	contents_release(&contents);
}
END_TEST

START_TEST(all_but_the_pages_is_there)
{
	write_sample("a.pyb", _i == 0 ? 0 : PYB_POLICY_PRIVATE, true);
	struct contents contents = take("a.pyb");
	const struct pyb_reader reader = read_contents(&contents);
	const struct pyb_section *const section = pyb_reader_section(&reader, PYB_SECTION_PAGES);
	struct pyb_error error = {0};
	struct snapshot snapshot;

	ck_assert_int_eq(contents.is_copy, _i != 0);
	ck_assert_uint_eq(contents.file_size, reader.header->file_size);
	ck_assert_uint_eq(contents.size, section->offset);
	ck_assert_msg(pyb_snapshot_find(&reader, &snapshot, &error) == PYB_OK, "%s", error.text);
	ck_assert_ptr_null(pyb_reader_bytes(&reader, PYB_SECTION_PAGES).data);
	ck_assert_int_eq(pyb_reader_check_section(&reader, section, NULL), PYB_ERR_INVALID);
	contents_release(&contents);
}
END_TEST

/* As ever; the archive is there too. */
START_TEST(all_of_one_without_a_snapshot)
{
	write_sample("a.pyb", 0, false);
	struct contents contents = take("a.pyb");
	const struct pyb_reader reader = read_contents(&contents);

	ck_assert_uint_eq(contents.size, reader.header->file_size);
	ck_assert_ptr_nonnull(pyb_reader_bytes(&reader, PYB_SECTION_ARCHIVE).data);
	contents_release(&contents);
}
END_TEST

START_TEST(too_little_is_refused)
{
	struct pyb_error error = {0};
	struct pyb_reader reader;

	write_sample("a.pyb", 0, true);
	struct contents contents = take("a.pyb");
	ck_assert_int_eq(pyb_reader_init_part(&reader, contents.start,
					      contents.size - PYB_PAGE_SIZE, contents.file_size,
					      &error),
			 PYB_ERR_INVALID);
	ck_assert_str_eq(error.text, "too little of it is in memory");
	contents_release(&contents);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("contents");
	TCase *const tcase = tcase_create("contents");

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_set_timeout(tcase, 60);
	/* AddressSanitizer takes terabytes for itself. */
	if (getenv("SANITIZE_CFLAGS") == NULL || getenv("SANITIZE_CFLAGS")[0] == '\0')
		tcase_add_loop_test(tcase, limited_memory, 0, 2);
	tcase_add_loop_test(tcase, all_but_the_pages_is_there, 0, 2);
	tcase_add_test(tcase, all_of_one_without_a_snapshot);
	tcase_add_test(tcase, too_little_is_refused);
	suite_add_tcase(suite, tcase);

	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
