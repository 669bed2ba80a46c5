/* SPDX-License-Identifier: MIT */
/* What the writer refuses, and what it leaves in the place of the file that it writes. */
#include "tests/unit/bundle_sample.h"

START_TEST(writer_refuses_contradictions)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	const uint32_t lib = add_directory(writer, "/lib", 1);
	const struct pyb_writer_module good = {.name = "x",
					       .origin = "/lib/x.py",
					       .kind = PYB_MODULE_SOURCE,
					       .directory = lib,
					       .package_directory = PYB_NONE,
					       .code = "c",
					       .code_size = 1};
	struct pyb_writer_module bad[8];
	uint32_t number;

	for (size_t i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].name = "";
	bad[1].code = NULL;
	bad[2].directory = 99;
	bad[3].package = true;
	bad[4].kind = PYB_MODULE_ABSENT;
	bad[5].kind = PYB_MODULE_EXTENSION;
	bad[6].origin = NULL;
	bad[7].directory = PYB_NONE;
	for (size_t i = 0; i < 8; i++) {
		struct pyb_error error = {0};
		ck_assert_msg(pyb_writer_add_module(writer, &bad[i], &number, &error) ==
				      PYB_ERR_INVALID,
			      "case %zu", i);
	}
	struct pyb_error error = {0};
	ck_assert_int_eq(pyb_writer_add_module(writer, &good, &number, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_module(writer, &good, &number, &error), PYB_ERR_INVALID);
	ck_assert_str_eq(error.text, "module 'x' is there twice");
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(long_header_strings_are_refused)
{
	char path[4000] = "/";
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	uint64_t written;

	memset(path + 1, 'x', sizeof(path) - 2);
	options.interpreter = path;
	struct pyb_writer *const writer = new_writer(&options);
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("long.pyb"), &written, &error),
			 PYB_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.text, "use a shorter path"));
	ck_assert_int_ne(access(in_folder("long.pyb"), F_OK), 0);
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(failed_write_leaves_the_old_file)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	char path[128], command[512];
	uint64_t written;

	/* A folder in the way of the rename. */
	snprintf(path, sizeof(path), "%s/in_the_way", folder);
	snprintf(command, sizeof(command), "mkdir %s && touch %s/file", path, path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(pyb_writer_write(writer, path, &written, &error), PYB_ERR_IO);
	ck_assert_ptr_nonnull(strstr(error.text, "in_the_way"));
	snprintf(command, sizeof(command), "test $(ls -A %s | wc -l) = 1 && test -f %s/file",
		 folder, path);
	ck_assert_int_eq(system(command), 0);
	pyb_writer_destroy(writer);
}
END_TEST

/* Write an empty bundle over `name`; the status, and the text of the error in `error`. */
static enum pyb_status write_over(const char *name, struct pyb_error *error)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	uint64_t written;
	const enum pyb_status status = pyb_writer_write(writer, in_folder(name), &written, error);

	pyb_writer_destroy(writer);
	return status;
}

START_TEST(only_regular_files_are_replaced)
{
	struct pyb_error error = {0};
	struct stat status;

	ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
	ck_assert_int_eq(write_over("pipe", &error), PYB_ERR_IO);
	ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
	ck_assert_int_eq(lstat(in_folder("pipe"), &status), 0);
	ck_assert(S_ISFIFO(status.st_mode));

	ck_assert_int_eq(symlink("pipe", in_folder("to_pipe")), 0);
	ck_assert_int_eq(write_over("to_pipe", &(struct pyb_error){0}), PYB_ERR_IO);
	ck_assert_int_eq(symlink("nothing", in_folder("to_nothing")), 0);
	ck_assert_int_eq(write_over("to_nothing", &(struct pyb_error){0}), PYB_ERR_IO);
}
END_TEST

START_TEST(links_are_followed)
{
	struct stat status;

	ck_assert_int_eq(write_over("real.pyb", &(struct pyb_error){0}), PYB_OK);
	ck_assert_int_eq(truncate(in_folder("real.pyb"), 0), 0);
	ck_assert_int_eq(symlink("real.pyb", in_folder("link.pyb")), 0);
	ck_assert_int_eq(write_over("link.pyb", &(struct pyb_error){0}), PYB_OK);
	ck_assert_int_eq(lstat(in_folder("link.pyb"), &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
	ck_assert_int_eq(stat(in_folder("real.pyb"), &status), 0);
	ck_assert_int_gt(status.st_size, PYB_PAGE_SIZE);
}
END_TEST

START_TEST(writer_keeps_the_readers_rules)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	uint64_t written;

	memset(options.fingerprint.soabi, 'x', sizeof(options.fingerprint.soabi));
	struct pyb_writer *writer = new_writer(&options);
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("x.pyb"), &written, &error),
			 PYB_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.text, "fingerprint"));
	pyb_writer_destroy(writer);
	options = plain_options;
	options.producer = NULL;
	ck_assert_int_eq(pyb_writer_create(&options, &writer, &(struct pyb_error){0}),
			 PYB_ERR_INVALID);
	ck_assert_ptr_null(writer);
}
END_TEST

static Suite *writer_suite(void)
{
	Suite *const suite = suite_create("writer");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, writer_refuses_contradictions);
	tcase_add_test(tcase, long_header_strings_are_refused);
	tcase_add_test(tcase, failed_write_leaves_the_old_file);
	tcase_add_test(tcase, writer_keeps_the_readers_rules);
	tcase_add_test(tcase, only_regular_files_are_replaced);
	tcase_add_test(tcase, links_are_followed);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *const runner = srunner_create(writer_suite());
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
