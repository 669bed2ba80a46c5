/* SPDX-License-Identifier: MIT */
/* Guards of the present hold, and after each change those that are about it do not. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/unit/guard_table.h"
#include "tests/unit/refusing.h"

/* Calls that look at a path, which this stands in front of. */
static unsigned looks;

int fstatat(int at, const char *path, struct stat *status, int flags)
{
	looks++;
	return (int)syscall(SYS_newfstatat, at, path, status, flags);
}

static void write_file(const char *path, const char *text)
{
	FILE *const file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* An old file, so that who touches it changes its time. */
static void make_file(const char *path)
{
	const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

	write_file(path, "text");
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The clock of the file system goes on in steps. */
static void wait_for_step(const char *path)
{
	struct guard_status before, now;

	pyb_guard_look(path, true, &before);
	do {
		write_file("clock", "");
		pyb_guard_look("clock", true, &now);
	} while (now.mtime_ns <= before.ctime_ns);
}

/* ---- paths ---- */

static const struct {
	enum guard_kind kind;
	const char *path;
} present[] = {
	{GUARD_PATH, "file"},     {GUARD_PATH, "folder"},   {GUARD_PATH, "absent"},
	{GUARD_PATH, "link"},     {GUARD_LINK, "name"},     {GUARD_LINK, "nothing"},
	{GUARD_PATH, "way/file"}, {GUARD_PRESENT, "there"}, {GUARD_PRESENT, "not_there"},
};

static void make_present(void)
{
	make_file("file");
	make_file("there");
	make_file("target");
	make_file("other");
	make_file("way");
	ck_assert_int_eq(mkdir("folder", 0755), 0);
	ck_assert_int_eq(symlink("target", "link"), 0);
	ck_assert_int_eq(symlink("target", "name"), 0);
	for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++)
		table_add_path(present[i].kind, present[i].path);
}

static void touch_file(void)
{
	ck_assert_int_eq(utimensat(AT_FDCWD, "file", NULL, 0), 0);
}

static void chmod_file(void)
{
	ck_assert_int_eq(chmod("file", 0600), 0);
}

static void truncate_file(void)
{
	ck_assert_int_eq(truncate("file", 1), 0);
}

/* Of the same size and, so it says, of the same time. */
static void rewrite_file(void)
{
	wait_for_step("file");
	make_file("file");
}

static void replace_file(void)
{
	make_file("new");
	ck_assert_int_eq(rename("new", "file"), 0);
}

static void delete_file(void)
{
	ck_assert_int_eq(unlink("file"), 0);
}

static void loop_file(void)
{
	ck_assert_int_eq(unlink("file"), 0);
	ck_assert_int_eq(symlink("file", "file"), 0);
}

static void chmod_folder(void)
{
	ck_assert_int_eq(chmod("folder", 0700), 0);
}

static void add_to_folder(void)
{
	wait_for_step("folder");
	make_file("folder/file");
}

static void create_absent(void)
{
	make_file("absent");
}

static void link_absent(void)
{
	ck_assert_int_eq(symlink("target", "absent"), 0);
}

static void retarget(const char *name)
{
	ck_assert_int_eq(symlink("other", "new"), 0);
	ck_assert_int_eq(rename("new", name), 0);
}

static void retarget_link(void)
{
	retarget("link");
}

static void retarget_name(void)
{
	retarget("name");
}

static void link_nothing(void)
{
	ck_assert_int_eq(symlink("nowhere", "nothing"), 0);
}

static void clear_way(void)
{
	ck_assert_int_eq(unlink("way"), 0);
}

static void delete_there(void)
{
	ck_assert_int_eq(unlink("there"), 0);
}

static void forbid_there(void)
{
	ck_assert_int_eq(chmod("there", 0), 0);
}

static void make_folder_there(void)
{
	ck_assert_int_eq(unlink("there"), 0);
	ck_assert_int_eq(mkdir("there", 0700), 0);
}

static void create_not_there(void)
{
	make_file("not_there");
}

static const struct change {
	void (*make)(void);
	const char *words;
} changes[] = {
	{touch_file, "file has changed since the snapshot was made"},
	{chmod_file, "file has changed since the snapshot was made"},
	{truncate_file, "file has changed since the snapshot was made"},
	{rewrite_file, "file has changed since the snapshot was made"},
	{replace_file, "file has been replaced since the snapshot was made"},
	{delete_file, "file is not there; it was when the snapshot was made"},
	{loop_file, "file cannot be found as it was when the snapshot was made: "
		    "Too many levels of symbolic links"},
	{chmod_folder, "folder has changed since the snapshot was made"},
	{add_to_folder, "folder has changed since the snapshot was made"},
	{create_absent, "absent was not there when the snapshot was made"},
	{link_absent, "absent was not there when the snapshot was made"},
	{retarget_link, "link has been replaced since the snapshot was made"},
	{retarget_name, "name has been replaced since the snapshot was made"},
	{link_nothing, "nothing was not there when the snapshot was made"},
	{clear_way, "way/file cannot be found as it was when the snapshot was made: "
		    "No such file or directory"},
	{forbid_there, "there has changed since the snapshot was made"},
	{make_folder_there, "there has changed since the snapshot was made"},
	{delete_there, "there is not there; it was when the snapshot was made"},
	{create_not_there, "not_there was not there when the snapshot was made"},
};

START_TEST(changed_path)
{
	make_present();
	assert_holds(&empty_world);
	changes[_i].make();
	assert_misses(&empty_world, changes[_i].words);
}
END_TEST

/* What is not asked for may change. */
START_TEST(path_that_may_change)
{
	make_present();
	wait_for_step("there");
	ck_assert_int_eq(truncate("there", 0), 0);
	ck_assert_int_eq(unlink("there"), 0);
	make_file("there");
	ck_assert_int_eq(symlink("nowhere", "absent"), 0);
	make_file("new");
	assert_holds(&empty_world);
}
END_TEST

/* No change of a file is sure to change only one of them. */
START_TEST(each_field)
{
	static const size_t fields[] = {
		offsetof(struct guard_status, mode),     offsetof(struct guard_status, inode),
		offsetof(struct guard_status, size),     offsetof(struct guard_status, mtime_ns),
		offsetof(struct guard_status, ctime_ns),
	};

	make_file("file");
	table_add_path(GUARD_PATH, "file");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint8_t *const byte = (uint8_t *)&table.guards[0].status + fields[i];
		struct guard_miss miss;
		assert_holds(&empty_world);
		*byte ^= 1;
		ck_assert(!pyb_guards_hold(&table.snapshot, &empty_world, &miss));
		*byte ^= 1;
	}
}
END_TEST

START_TEST(one_call_for_a_path)
{
	struct guard_miss miss;

	make_present();
	looks = 0;
	ck_assert(pyb_guards_hold(&table.snapshot, &empty_world, &miss));
	ck_assert_uint_eq(looks, table.snapshot.guard_count);
	/* And none behind the first that misses. */
	ck_assert_int_eq(chmod("folder", 0700), 0);
	looks = 0;
	ck_assert(!pyb_guards_hold(&table.snapshot, &empty_world, &miss));
	ck_assert_uint_eq(looks, miss.guard + 1);
}
END_TEST

/* ---- what is neither ---- */

static char python[] = "python3", option[] = "-c", *const arguments[] = {python, option, NULL};
static const struct guard_world world = {.arguments = arguments, .environment = nothing};

static void add_values(void)
{
	struct utsname names;
	uint64_t limit[2];
	uint8_t set[1024];
	char path[256];

	const long size = syscall(SYS_sched_getaffinity, 0, sizeof(set), set);
	ck_assert_int_gt(size, 0);
	size_t used = (size_t)size;
	while (set[used - 1] == 0)
		used--;
	ck_assert_int_eq(uname(&names), 0);
	ck_assert_int_eq(syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, limit), 0);
	ck_assert_ptr_nonnull(getcwd(path, sizeof(path)));
	table_add_text(GUARD_ARGUMENT, NULL, python);
	table_add_text(GUARD_FOLDER, NULL, path);
	table_add(GUARD_MASK, NULL)->number = 022;
	table_add_value(GUARD_PROCESSORS, NULL, set, used);
	table_add_value(GUARD_LIMIT, NULL, limit, sizeof(limit))->number = RLIMIT_FSIZE;
	table_add_text(GUARD_HOST, NULL, names.nodename);
	table_add_value(GUARD_ARGUMENT, NULL, option, strlen(option))->number = 1;
	table_add_text(GUARD_PLACE, "/proc/self/..", "/");
	table_add(GUARD_EPOLL, NULL);
}

static void rename_program(void)
{
	python[0] = 'P';
}

static void change_argument(void)
{
	option[1] = 'm';
}

static void cut_argument(void)
{
	option[1] = '\0';
}

static void change_folder(void)
{
	ck_assert_int_eq(chdir("/"), 0);
}

static void delete_folder(void)
{
	ck_assert_int_eq(rmdir(folder), 0);
}

static void change_mask(void)
{
	umask(077);
}

static void change_limit(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 1 << 30;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The machine keeps its name, and its processors if it has but one. */
static void change_processors(void)
{
	table.strings[table.guards[3].value] ^= 0x40;
}

static void change_host(void)
{
	table.strings[table.guards[5].value] ^= 1;
}

static void change_place(void)
{
	table.strings[table.guards[7].value] ^= 1;
}

static const struct change value_changes[] = {
	{rename_program, "the program is called Python3; it was python3 when "},
	{change_argument, "argument 1 is not what it was when the snapshot was made"},
	{cut_argument, "argument 1 is not what it was when the snapshot was made"},
	{change_folder, "the working folder is /; it was /tmp/pystart-check."},
	{delete_folder, "the working folder is unknown; it was /tmp/pystart-check."},
	{change_mask, "the umask is 0077; it was 0022 when the snapshot was made"},
	{change_limit, "the limit of file sizes is 1073741824 (at most "},
	{change_processors, "the mask of processors is "},
	{change_host, "the host is called "},
	{change_place, "/proc/self/.. leads to the folder /; it was "},
};

START_TEST(changed_value)
{
	struct guard_miss miss;
	char text[TEXT_SIZE], words[TEXT_SIZE];

	umask(022);
	add_values();
	assert_holds(&world);
	ck_assert_int_eq(umask(022), 022);
	value_changes[_i].make();
	ck_assert(!pyb_guards_hold(&table.snapshot, &world, &miss));
	pyb_guard_describe_miss(&table.snapshot, &miss, &world, text, sizeof(text));
	snprintf(words, sizeof(words), "%.*s", (int)strlen(value_changes[_i].words), text);
	ck_assert_str_eq(words, value_changes[_i].words);
	assert_misses(&world, text);
}
END_TEST

/* An argument that there is not; a limit that the kernel has no number for, or only its lower half. */
START_TEST(value_that_is_none)
{
	struct guard_miss miss;
	uint64_t limit[2];

	ck_assert_int_eq(syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, limit), 0);
	table_add_value(GUARD_ARGUMENT, NULL, "", 0)->number = 2;
	table_add_value(GUARD_ARGUMENT, NULL, "", 0)->number = UINT64_MAX;
	table_add_value(GUARD_LIMIT, NULL, limit, sizeof(limit))->number = 1000;
	table_add_value(GUARD_LIMIT, NULL, limit, sizeof(limit))->number =
		(UINT64_C(1) << 32) + RLIMIT_FSIZE;
	table_add(GUARD_KINDS, NULL);
	for (uint32_t i = 0; i < table.snapshot.guard_count; i++)
		ck_assert(!pyb_guard_holds(&table.snapshot, i, &world, &miss));
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("guards");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, table_clear, NULL);
	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_add_loop_test(tcase, changed_path, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(tcase, path_that_may_change);
	tcase_add_test(tcase, each_field);
	tcase_add_test(tcase, one_call_for_a_path);
	tcase_add_loop_test(tcase, changed_value, 0,
			    sizeof(value_changes) / sizeof(value_changes[0]));
	tcase_add_test(tcase, value_that_is_none);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
