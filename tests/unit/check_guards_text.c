/* SPDX-License-Identifier: MIT */
/* What is said of guards: these words, no more of them than fit, and no secret. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/guard_table.h"

static void add_status(enum guard_kind kind, const char *path, uint32_t mode, int error)
{
	struct snapshot_guard *const guard = table_add(kind, path);

	guard->status.error = error;
	if (kind != GUARD_PRESENT && kind != GUARD_NO_LINK && error == 0) {
		guard->status.mode = mode;
		guard->status.mtime_ns = INT64_C(1234567890123456789);
	}
}

static const char *const descriptions[] = {
	"the file /usr/lib/os.py, as of 2009-02-13 23:31:30 UTC",
	"the folder /usr/lib, as of 2009-02-13 23:31:30 UTC",
	"the symbolic link /lib, as of 2009-02-13 23:31:30 UTC",
	"there is no /etc/\\x0a\\xff\\x5c",
	"there is no /etc/x/y (Not a directory)",
	"there is /bin",
	"there is no /sbin",
	"the variable KEY is as it was",
	"the variable LANG is C.UTF-8",
	"the variable PYTHONHASHSEED is as it was",
	"the variable PYTHONHOME is empty",
	"the variable PYTHONPATH is not set",
	"no other variable begins with LD_",
	"the program is called python3",
	"argument 2 is as it was",
	"the working folder is /home",
	"the umask is 0027",
	"the mask of processors is 103",
	"the limit of the stack is 8192 (at most unlimited)",
	"the host is called vm",
	"/bin/tool leads to the folder /opt/x",
	"epoll_create1() is to be had",
	"argument 1 is the script /bin/tool",
	"/bin has none of 3 names, such as a\\x0a",
	"there is /usr/bin, which is no link",
};

static void add_all_kinds(void)
{
	const uint64_t limit[] = {8192, RLIM_INFINITY};

	add_status(GUARD_PATH, "/usr/lib/os.py", S_IFREG | 0644, 0);
	add_status(GUARD_PATH, "/usr/lib", S_IFDIR | 0755, 0);
	add_status(GUARD_LINK, "/lib", S_IFLNK | 0777, 0);
	add_status(GUARD_PATH, "/etc/\n\xff\\", 0, ENOENT);
	add_status(GUARD_LINK, "/etc/x/y", 0, ENOTDIR);
	add_status(GUARD_PRESENT, "/bin", 0, 0);
	add_status(GUARD_PRESENT, "/sbin", 0, ENOENT);
	table_add_text(GUARD_VARIABLE, "KEY", "canary");
	table_add_text(GUARD_VARIABLE, "LANG", "C.UTF-8");
	table_add_text(GUARD_VARIABLE, "PYTHONHASHSEED", "7777");
	table_add_text(GUARD_VARIABLE, "PYTHONHOME", "");
	table_add(GUARD_ABSENT, "PYTHONPATH");
	table_add(GUARD_FAMILY, "LD_");
	table_add_text(GUARD_ARGUMENT, NULL, "python3");
	table_add_value(GUARD_ARGUMENT, NULL, "canary", 6)->number = 2;
	table_add_text(GUARD_FOLDER, NULL, "/home");
	table_add(GUARD_MASK, NULL)->number = 027;
	table_add_value(GUARD_PROCESSORS, NULL, "\x03\x01", 2);
	table_add_value(GUARD_LIMIT, NULL, limit, sizeof(limit))->number = RLIMIT_STACK;
	table_add_text(GUARD_HOST, NULL, "vm");
	table_add_text(GUARD_PLACE, "/bin/tool", "/opt/x");
	table_add(GUARD_EPOLL, NULL);
	table_add_value(GUARD_SCRIPT, NULL, "/bin/tool", 9)->number = 1;
	table_add_text(GUARD_NAMES, "/bin", "a\n/b/c");
	add_status(GUARD_NO_LINK, "/usr/bin", S_IFDIR | 0755, 0);
}

START_TEST(description)
{
	char text[TEXT_SIZE];

	add_all_kinds();
	ck_assert_uint_eq(table.snapshot.guard_count,
			  sizeof(descriptions) / sizeof(descriptions[0]));
	for (uint32_t i = 0; i < table.snapshot.guard_count; i++) {
		pyb_guard_describe(&table.snapshot, &table.guards[i], text, sizeof(text));
		ck_assert_str_eq(text, descriptions[i]);
	}
}
END_TEST

/* A text of whatever size is what fits of the whole, and nothing is written behind it. */
static bool is_cut(const char *text, size_t size, const char *whole)
{
	const size_t length = strlen(whole) < size ? strlen(whole) : size - 1;

	for (size_t i = size; i < TEXT_SIZE; i++)
		if (text[i] != '#')
			return false;
	return strlen(text) == length && memcmp(text, whole, length) == 0;
}

START_TEST(cut_text)
{
	char whole[TEXT_SIZE], text[TEXT_SIZE];

	add_all_kinds();
	for (uint32_t i = 0; i < table.snapshot.guard_count; i++) {
		const struct guard_miss miss = {.guard = i};
		for (size_t size = 1; size < 100; size++) {
			pyb_guard_describe(&table.snapshot, &table.guards[i], whole, TEXT_SIZE);
			memset(text, '#', sizeof(text));
			pyb_guard_describe(&table.snapshot, &table.guards[i], text, size);
			ck_assert(is_cut(text, size, whole));
			pyb_guard_describe_miss(&table.snapshot, &miss, &empty_world, whole,
						TEXT_SIZE);
			memset(text, '#', sizeof(text));
			pyb_guard_describe_miss(&table.snapshot, &miss, &empty_world, text, size);
			ck_assert(is_cut(text, size, whole));
		}
	}
}
END_TEST

START_TEST(long_value)
{
	char value[1001], text[TEXT_SIZE];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	table_add_text(GUARD_VARIABLE, "LANG", value);
	pyb_guard_describe(&table.snapshot, &table.guards[0], text, sizeof(text));
	ck_assert_uint_lt(strlen(text), 250);
	ck_assert_str_eq(text + strlen(text) - 4, "x...");
}
END_TEST

/* The values of what may hold secrets are in no text, in whichever way it misses. */
START_TEST(hidden_values)
{
	static const char *const names[] = {
		"API_TOKEN",      "DATABASE_URL",   "LANGUAGES",     "LC",    "LCX",
		"PYTHON_KEYRING", "PYTHONHASHSEED", "PYTHONX_TOKEN", "PATHS", "TZ_KEY",
	};
	char entry[] = "NAME=canary", *environment[] = {entry, NULL};
	char secret[] = "canary", *const secrets[] = {secret, secret, NULL};
	const struct guard_world some = {.arguments = secrets, .environment = environment};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		table_clear();
		table_add_text(GUARD_VARIABLE, names[i], "canary too");
		table_add(GUARD_ABSENT, names[i]);
		table_add(GUARD_FAMILY, names[i]);
		table_add_value(GUARD_ARGUMENT, NULL, "canary too", 10)->number = 1;
		for (uint32_t guard = 0; guard < table.snapshot.guard_count; guard++) {
			const struct guard_miss miss = {.guard = guard, .entry = entry};
			char text[TEXT_SIZE];
			pyb_guard_describe(&table.snapshot, &table.guards[guard], text,
					   sizeof(text));
			ck_assert_ptr_null(strstr(text, "canary"));
			pyb_guard_describe_miss(&table.snapshot, &miss, &some, text, sizeof(text));
			ck_assert_ptr_null(strstr(text, "canary"));
		}
	}
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("guards_text");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, table_clear, NULL);
	tcase_add_test(tcase, description);
	tcase_add_test(tcase, cut_text);
	tcase_add_test(tcase, long_value);
	tcase_add_test(tcase, hidden_values);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
