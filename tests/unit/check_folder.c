/* SPDX-License-Identifier: MIT */
/* What is known of folders: untouched, touched with the same names, or with others. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/find/folder.h"
#include "lib/digest.h"
#include "lib/timestamp.h"
#include "lib/writer.h"

enum { PATH_SIZE = 256 };

static char root[PATH_SIZE / 2], place[PATH_SIZE], bundle[PATH_SIZE];
static uint8_t *file;
static struct pyb_reader reader;
static struct folder_cache cache;
static uint64_t listed;

static const char *in_place(const char *name)
{
	static char path[2 * PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	return path;
}

static void make_file(const char *name)
{
	const int descriptor = open(in_place(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
}

static uint64_t digest(const char *const *names)
{
	uint64_t sum = 0;

	for (; *names != NULL; names++)
		sum = pyb_digest_with_name(sum, *names, strlen(*names));
	return sum;
}

/* A bundle with an absent module `m` and the folder, as it is now. */
static struct pyb_writer *new_writer(enum pyb_check check, struct pyb_writer_directory *directory)
{
	const struct pyb_writer_options options = {
		.name = "n",
		.interpreter = "/python",
		.producer = "p",
		.check = check,
		.fingerprint = {.implementation = "cpython", .soabi = "s", .cache_tag = "t"}};
	static const char *const names[] = {"a.py", "folder", "link", NULL};
	struct pyb_writer *writer;
	struct stat status;

	ck_assert_int_eq(pyb_writer_create(&options, &writer, NULL), PYB_OK);
	ck_assert_int_eq(stat(place, &status), 0);
	*directory = (struct pyb_writer_directory){.path = place,
						   .mtime_ns = pyb_timestamp(&status.st_mtim),
						   .ctime_ns = pyb_timestamp(&status.st_ctim),
						   .inode = status.st_ino,
						   .entries = digest(names)};
	return writer;
}

static void open_bundle(struct pyb_writer *writer, const struct pyb_writer_directory *directory)
{
	const struct pyb_writer_module module = {.name = "m",
						 .kind = PYB_MODULE_ABSENT,
						 .directory = PYB_NONE,
						 .package_directory = PYB_NONE};
	uint32_t number;
	uint64_t size;

	ck_assert_int_eq(pyb_writer_add_directory(writer, directory, &number, NULL), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_module(writer, &module, &number, NULL), PYB_OK);
	ck_assert_int_eq(pyb_writer_write(writer, bundle, &size, NULL), PYB_OK);
	pyb_writer_destroy(writer);
	file = aligned_alloc(PYB_PAGE_SIZE, size);
	FILE *const stream = fopen(bundle, "rb");
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(fread(file, 1, size, stream), size);
	fclose(stream);
	ck_assert_int_eq(pyb_reader_init(&reader, file, size, NULL), PYB_OK);
}

static void open_plain(enum pyb_check check)
{
	struct pyb_writer_directory directory;
	struct pyb_writer *const writer = new_writer(check, &directory);

	open_bundle(writer, &directory);
}

static void set_up(void)
{
	snprintf(root, sizeof(root), "/tmp/pystart-check.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(place, sizeof(place), "%s/place", root);
	snprintf(bundle, sizeof(bundle), "%s/b.pyb", root);
	ck_assert_int_eq(mkdir(place, 0755), 0);
	ck_assert_int_eq(mkdir(in_place("folder"), 0755), 0);
	ck_assert_int_eq(mkdir(in_place("__pycache__"), 0755), 0);
	ck_assert_int_eq(symlink("nowhere", in_place("link")), 0);
	make_file("a.py");
	make_file("text.txt");
	make_file("no_suffix");
	listed = 0;
}

static void tear_down(void)
{
	char command[2 * PATH_SIZE];

	folder_cache_release(&cache);
	free(file);
	file = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

static struct folder *look(bool must_list)
{
	struct folder *const folder = folder_get(&cache, &reader, place, strlen(place), "", 0);

	ck_assert_ptr_nonnull(folder);
	ck_assert_int_eq(folder_refresh(folder, &reader, must_list, &listed), 0);
	return folder;
}

/* The folder gets the time of modification back that it had. */
static void restore_time(void)
{
	const int64_t then = reader.directories[0].mtime_ns;
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = then / 1000000000, .tv_nsec = then % 1000000000}};

	ck_assert_int_eq(utimensat(AT_FDCWD, place, times, 0), 0);
}

START_TEST(untouched)
{
	open_plain(PYB_CHECK_SOURCE);
	ck_assert_int_eq(look(false)->state, FOLDER_UNCHANGED);
	ck_assert_uint_eq(listed, 0);
	ck_assert_int_eq(look(true)->state, FOLDER_LISTED);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

START_TEST(same_names)
{
	open_plain(PYB_CHECK_DIRECTORY);
	usleep(20000); /* more than a tick of the clock that files go by */
	ck_assert_int_eq(chmod(place, 0700), 0);
	const struct folder *const folder = look(false);
	ck_assert_int_eq(folder->state, FOLDER_SAME_NAMES);
	ck_assert_uint_eq(listed, 1);
	ck_assert(
		!folder_is_untouched(folder)); /* a file may have been replaced, and the time set */
	look(false);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

/* Names that can be no module's do not matter; neither does the time. */
START_TEST(other_files)
{
	open_plain(PYB_CHECK_SOURCE);
	usleep(20000);
	make_file("more.txt");
	const struct folder *const folder = look(false);
	ck_assert_int_eq(folder->state, FOLDER_SAME_NAMES);
	ck_assert(!folder_is_untouched(folder));
}
END_TEST

static const struct {
	const char *name;
	uint8_t kinds;
} added[] = {{"m.py", CANDIDATE_SOURCE},
	     {"m.pyc", CANDIDATE_BYTECODE},
	     {"m.so", CANDIDATE_EXTENSION},
	     {"m.abi3.so", CANDIDATE_EXTENSION},
	     {"m." PYTHON_SOABI ".so", CANDIDATE_EXTENSION},
	     {"other.py", 0}};

START_TEST(new_names_under_the_old_time)
{
	open_plain(PYB_CHECK_SOURCE);
	usleep(20000);
	make_file(added[_i].name);
	restore_time();
	const struct folder *const folder = look(false);
	ck_assert_int_eq(folder->state, FOLDER_LISTED);
	ck_assert_uint_eq(folder_candidates(folder, 0), added[_i].kinds);
}
END_TEST

START_TEST(links_are_candidates)
{
	open_plain(PYB_CHECK_SOURCE);
	ck_assert_int_eq(symlink("nowhere", in_place("m")), 0);
	ck_assert_uint_eq(folder_candidates(look(true), 0), CANDIDATE_FOLDER);
}
END_TEST

START_TEST(inode_left_out)
{
	struct pyb_writer_directory directory;
	struct pyb_writer *const writer = new_writer(PYB_CHECK_SOURCE, &directory);

	directory.inode = 0;
	open_bundle(writer, &directory);
	ck_assert_int_eq(look(false)->state, FOLDER_SAME_NAMES);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

START_TEST(not_listed_then)
{
	struct pyb_writer_directory directory;
	struct pyb_writer *const writer = new_writer(PYB_CHECK_SOURCE, &directory);

	directory.unlisted = true;
	open_bundle(writer, &directory);
	ck_assert_int_eq(look(false)->state, FOLDER_LISTED);
}
END_TEST

START_TEST(missing_now)
{
	char moved[2 * PATH_SIZE];

	open_plain(PYB_CHECK_SOURCE);
	snprintf(moved, sizeof(moved), "%s.moved", place);
	ck_assert_int_eq(rename(place, moved), 0);
	ck_assert_int_eq(look(false)->state, FOLDER_MISSING);
	folder_cache_invalidate(&cache);
	ck_assert_int_eq(rename(moved, place), 0);
	ck_assert(folder_is_as_recorded(look(false)));
}
END_TEST

START_TEST(a_file_now)
{
	open_plain(PYB_CHECK_SOURCE);
	snprintf(place, sizeof(place), "%s/place/a.py", root);
	ck_assert_int_eq(look(false)->state, FOLDER_OPAQUE);
}
END_TEST

START_TEST(never_looked_at)
{
	open_plain(PYB_CHECK_NEVER);
	make_file("m.py");
	ck_assert_int_eq(look(false)->state, FOLDER_UNCHANGED);
}
END_TEST

START_TEST(looked_at_again)
{
	open_plain(PYB_CHECK_SOURCE);
	ck_assert_int_eq(look(false)->state, FOLDER_UNCHANGED);
	usleep(20000);
	make_file("m.py");
	ck_assert_int_eq(look(false)->state, FOLDER_UNCHANGED);
	folder_look_again(look(false), &reader);
	ck_assert_int_eq(look(false)->state, FOLDER_LISTED);
}
END_TEST

static bool holds(const char *name)
{
	const struct folder *const folder =
		folder_get(&cache, &reader, place, strlen(place), "", 0);

	return folder_holds(folder, name, strlen(name));
}

START_TEST(links_that_are_no_modules)
{
	open_plain(PYB_CHECK_SOURCE);
	ck_assert_int_eq(symlink("text.txt", in_place("tool")), 0);
	ck_assert_int_eq(symlink("folder", in_place("package")), 0);
	ck_assert_int_eq(symlink("nowhere", in_place("gone.py")), 0);
	ck_assert_int_eq(symlink("a.py", in_place("linked.py")), 0);
	ck_assert_int_eq(mkdir(in_place("no_module.py"), 0755), 0);
	ck_assert(!holds("tool"));
	ck_assert(!holds("link"));
	ck_assert(!holds("gone"));
	ck_assert(!holds("no_module"));
	ck_assert(!holds("nothing"));
	ck_assert(holds("package"));
	ck_assert(holds("folder"));
	ck_assert(holds("linked"));
	ck_assert(holds("a"));
}
END_TEST

START_TEST(order_of_candidates)
{
	ck_assert(candidates_begin_with(CANDIDATE_SOURCE | CANDIDATE_BYTECODE, CANDIDATE_SOURCE));
	ck_assert(!candidates_begin_with(CANDIDATE_SOURCE | CANDIDATE_FOLDER, CANDIDATE_SOURCE));
	ck_assert(!candidates_begin_with(CANDIDATE_SOURCE | CANDIDATE_EXTENSION, CANDIDATE_SOURCE));
	ck_assert(!candidates_begin_with(0, CANDIDATE_SOURCE));
	ck_assert(
		candidates_begin_with(CANDIDATE_SOURCE | CANDIDATE_EXTENSION, CANDIDATE_EXTENSION));
	ck_assert(!candidates_begin_with(CANDIDATE_EXTENSION | CANDIDATE_EXTENSIONS,
					 CANDIDATE_EXTENSION));
	ck_assert(candidates_begin_with(CANDIDATE_SOURCE | CANDIDATE_FOLDER, CANDIDATE_FOLDER));
	ck_assert(!candidates_begin_with(CANDIDATE_SOURCE, CANDIDATE_FOLDER));
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("folder");
	TCase *const tcase = tcase_create("folders");
	SRunner *const runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, untouched);
	tcase_add_test(tcase, same_names);
	tcase_add_test(tcase, other_files);
	tcase_add_loop_test(tcase, new_names_under_the_old_time, 0,
			    sizeof(added) / sizeof(added[0]));
	tcase_add_test(tcase, links_are_candidates);
	tcase_add_test(tcase, inode_left_out);
	tcase_add_test(tcase, not_listed_then);
	tcase_add_test(tcase, missing_now);
	tcase_add_test(tcase, a_file_now);
	tcase_add_test(tcase, never_looked_at);
	tcase_add_test(tcase, looked_at_again);
	tcase_add_test(tcase, links_that_are_no_modules);
	tcase_add_test(tcase, order_of_candidates);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
