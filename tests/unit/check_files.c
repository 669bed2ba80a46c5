/* SPDX-License-Identifier: MIT */
/* What files and systems can get wrong: compressed data, ELF notes, files that are written, manifests that are read. */
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/header.h"
#include "lib/output.h"
#include "lib/temporary.h"
#include "manifest/manifest.h"
#include "tests/unit/refusing.h"

/* --- codec.h */

START_TEST(frames)
{
	char text[100] = "text", back[101];
	void *frame;
	size_t size;
	struct pyb_error error = {0};

	ck_assert_int_eq(pyb_compress(text, sizeof(text), 3, &frame, &size, NULL), PYB_OK);
	ck_assert_int_eq(pyb_decompress(frame, size, back, sizeof(text), &error), PYB_OK);
	ck_assert_mem_eq(text, back, sizeof(text));
	expect(pyb_decompress(frame, size, back, sizeof(back), &error), PYB_ERR_DAMAGED, &error,
	       "");
	error = (struct pyb_error){0};
	expect(pyb_decompress(frame, size, back, sizeof(text) - 1, &error), PYB_ERR_DAMAGED, &error,
	       "decompression failed");
	error = (struct pyb_error){0};
	expect(pyb_decompress("no frame", 8, back, sizeof(back), &error), PYB_ERR_DAMAGED, &error,
	       "decompression failed");
	free(frame);
}
END_TEST

/* --- header.h */

START_TEST(build_ids_behind_other_notes)
{
	static const struct {
		Elf64_Nhdr first;
		char first_name[4];
		uint32_t first_bytes[2];
		Elf64_Nhdr second;
		char second_name[4];
		uint8_t id[4];
	} notes = {.first = {4, 8, NT_GNU_ABI_TAG},
		   .first_name = "GNU",
		   .second = {4, 4, NT_GNU_BUILD_ID},
		   .second_name = "GNU",
		   .id = {1, 2, 3, 4}};
	struct pyb_build_id id = {0};

	ck_assert_int_eq(pyb_elf_find_build_id(&notes, sizeof(notes), &id), 1);
	ck_assert_uint_eq(id.size, 4);
	ck_assert_mem_eq(id.bytes, notes.id, 4);
	ck_assert_int_eq(pyb_elf_find_build_id(&notes, sizeof(notes) - 1, &id), 0);
}
END_TEST

/* --- output.h and temporary.h */

static unsigned int count_files(void)
{
	FILE *const list = popen("ls -A | wc -l", "r");
	unsigned int count = 99;

	ck_assert_int_eq(fscanf(list, "%u", &count), 1);
	pclose(list);
	return count;
}

START_TEST(no_room_for_the_file)
{
	const struct rlimit small = {.rlim_cur = 4096, .rlim_max = 4096};
	char text[10000] = "";
	struct pyb_error error = {0};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(pyb_output_file("x", 0644, "old", 3, &error), PYB_OK);
	expect(pyb_output_file("x", 0644, text, sizeof(text), &error), PYB_ERR_IO, &error,
	       "x: cannot write: File too large");
	ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(no_such_folder)
{
	struct pyb_error error = {0};

	expect(pyb_output_file("nowhere/x", 0644, "", 0, &error), PYB_ERR_IO, &error,
	       "nowhere/x: cannot create a temporary file beside it: No such file");
	error = (struct pyb_error){0};
	ck_assert_int_eq(pyb_output_file("file", 0644, "", 0, &error), PYB_OK);
	expect(pyb_output_file("file/x", 0644, "", 0, &error), PYB_ERR_IO, &error,
	       "Not a directory");
}
END_TEST

START_TEST(temporary_files_in_use_stay)
{
	struct pyb_temporary temporary;

	ck_assert_int_eq(pyb_temporary_create(&temporary, "x", NULL), PYB_OK);
	pyb_temporary_sweep("x");
	ck_assert_int_eq(access(temporary.path, F_OK), 0);
	close(temporary.descriptor);
	pyb_temporary_sweep("x");
	ck_assert_int_ne(access(temporary.path, F_OK), 0);
	free(temporary.path);
}
END_TEST

/* --- manifest.h */

static void refuse_manifest(const char *text, const char *words)
{
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};

	ck_assert_int_eq(manifest_parse("m.yaml", text, strlen(text), &manifest, &problems, &error),
			 PYB_ERR_INVALID);
	ck_assert_uint_ge(problems.count, 1);
	ck_assert_msg(strstr(problems.lines[0], words) != NULL, "'%s' is not in '%s'", words,
		      problems.lines[0]);
	manifest_problems_release(&problems);
	manifest_release(&manifest);
}

START_TEST(words_that_would_upset_a_terminal)
{
	refuse_manifest("version: 1\nname: \"a\\x85b\"\n", "a\\u0085b");
	refuse_manifest("version: 1\nname: \"a\\u202eb\"\n", "a\\u202eb");
	refuse_manifest("version: 1\nname: \"a\\u2066b\"\n", "a\\u2066b");
	refuse_manifest("version: 1\nname: \"a\\tb\\ec\"\n", "a\\tb\\x1bc");
}
END_TEST

START_TEST(current_folder_is_gone)
{
	static const char text[] = "version: 1\npaths: [lib]\n";
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};

	ck_assert_int_eq(mkdir("gone", 0700), 0);
	ck_assert_int_eq(chdir("gone"), 0);
	ck_assert_int_eq(rmdir("../gone"), 0);
	expect(manifest_parse("m.yaml", text, strlen(text), &manifest, &problems, &error),
	       PYB_ERR_IO, &error, "m.yaml: cannot find out the current directory");
	ck_assert_uint_eq(problems.count, 0);
	manifest_problems_release(&problems);
	manifest_release(&manifest);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, frames);
	tcase_add_test(tcase, build_ids_behind_other_notes);
	tcase_add_test(tcase, no_room_for_the_file);
	tcase_add_test(tcase, no_such_folder);
	tcase_add_test(tcase, temporary_files_in_use_stay);
	tcase_add_test(tcase, words_that_would_upset_a_terminal);
	tcase_add_test(tcase, current_folder_is_gone);
}

int main(void)
{
	Suite *const suite = suite_create("files");
	TCase *const tcase = tcase_create("files");
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
