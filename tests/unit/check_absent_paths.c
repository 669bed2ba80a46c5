/* SPDX-License-Identifier: MIT */
/* Fewer guards of absent paths, and whatever happens to the files, they miss if all would. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "bundler/snapshot/absent_paths.h"
#include "lib/snapshot_guards.h"
#include "tests/unit/refusing.h"

enum { LINES = 8, ACTS = 4 };

static struct guard_list all, fewer;

static void add(struct guard_list *list, enum guard_kind kind, const char *path)
{
	struct pyb_error error = {0};
	struct guard_text guard = {.kind = kind, .name = path};

	pyb_guard_look(path, kind != GUARD_LINK, &guard.status);
	ck_assert_int_eq(guard_list_add(list, &guard, &error), PYB_OK);
}

static void make_file(const char *path)
{
	const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(file, 0);
	close(file);
}

/* The file system's clock goes on in steps; folders are to change later than in that of now. */
static void wait_for_step(void)
{
	struct guard_status first, now;

	make_file("clock");
	pyb_guard_look("clock", true, &first);
	do {
		ck_assert_int_eq(utimensat(AT_FDCWD, "clock", NULL, 0), 0);
		pyb_guard_look("clock", true, &now);
	} while (now.mtime_ns == first.mtime_ns);
}

/* A few folders, and what can be asked about them. */
static void set_up(void)
{
	enter_folder();
	ck_assert_int_eq(mkdir("known", 0700), 0);
	ck_assert_int_eq(mkdir("unknown", 0700), 0);
	make_file("known/file");
	ck_assert_int_eq(symlink("../nowhere", "known/dangling"), 0);
	ck_assert_int_eq(symlink("known", "way"), 0);
	wait_for_step();
}

static void tear_down(void)
{
	guard_list_release(&all);
	guard_list_release(&fewer);
	leave_folder();
}

/* In the folder of the test, which `@` stands for; the text is static. */
static const char *place(const char *path)
{
	static char text[PATH_MAX];

	snprintf(text, sizeof(text), "%s%s", path[0] == '@' ? folder : "",
		 path[0] == '@' ? path + 1 : path);
	return text;
}

/* ---- which are left out ---- */

static const struct {
	const char *paths[LINES]; /* asked for by stat(2), or with a dash in front by lstat(2) */
	const char *left[LINES];
} cases[] = {
	/* In a folder with a guard, under whatever name; also below what is not in it. */
	{{"@/known", "@/known/x", "-@/known/y", "@/known/z/deeper"}, {"@/known"}},
	{{"@/way", "@/way/x", "@/known/x"}, {"@/way", "@/known/x"}},
	/* The folder was looked at as a link; is none; is not asked about. */
	{{"-@/known", "@/known/x"}, {"@/known", "@/known/x"}},
	{{"@/known/file", "@/known/file/x"}, {"@/known/file", "@/known/file/x"}},
	{{"@/unknown/x", "@/unknown/y"}, {"@/unknown/x", "@/unknown/y"}},
	/* There is a link, only what it leads to is missing: that may come without the folder's changing. */
	{{"@/known", "@/known/dangling", "@/known/dangling/x"},
	 {"@/known", "@/known/dangling", "@/known/dangling/x"}},
	/* One for all that lie below what is missing, unless there is but one. */
	{{"@/unknown/a/x", "@/unknown/a/b/y", "-@/unknown/a/z"}, {"@/unknown/a"}},
	{{"@/unknown/a/x", "@/unknown/b/x"}, {"@/unknown/a/x", "@/unknown/b/x"}},
	{{"@/unknown/a", "@/unknown/a/x"}, {"@/unknown/a"}},
	{{"@/unknown/a/x", "@/unknown/a"}, {"@/unknown/a"}},
	{{"@/unknown/ab/x", "@/unknown/a/x"}, {"@/unknown/ab/x", "@/unknown/a/x"}},
	/* What does not say where it lies. */
	{{"@/known", "@/known/../x", "@/known//x", "@/known/./x", "x"},
	 {"@/known", "@/known/../x", "@/known//x", "@/known/./x", "x"}},
	/* The kernel makes these up. */
	{{"/proc/self", "/proc/self/x"}, {"/proc/self", "/proc/self/x"}},
};

START_TEST(left)
{
	struct pyb_error error = {0};
	size_t count = 0;

	for (size_t i = 0; i < LINES && cases[_i].paths[i] != NULL; i++) {
		const char *const path = cases[_i].paths[i];
		const bool is_link = path[0] == '-';
		add(&fewer, is_link ? GUARD_LINK : GUARD_PATH, place(path + is_link));
	}
	ck_assert_int_eq(absent_paths_thin(&fewer, &error), PYB_OK);
	for (; count < LINES && cases[_i].left[count] != NULL; count++) {
		ck_assert_uint_lt(count, fewer.count);
		ck_assert_str_eq((const char *)fewer.strings.data + fewer.guards[count].name,
				 place(cases[_i].left[count]));
	}
	ck_assert_uint_eq(fewer.count, count);
}
END_TEST

/* ---- whatever happens ---- */

static const char *const names[] = {"known",   "known/a",   "known/a/b",   "known/dangling",
				    "unknown", "unknown/a", "unknown/a/b", "unknown/a/c",
				    "way",     "way/a",     "nowhere",     "known/nowhere"};

static uint32_t draw(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 16) % below;
}

static void draw_path(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", folder, names[draw(sizeof(names) / sizeof(names[0]))]);
}

/* Something that may fail. */
static void act(void)
{
	char path[PATH_MAX], other[PATH_MAX];
	int file;

	draw_path(path);
	draw_path(other);
	switch (draw(6)) {
	case 0:
		file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (file >= 0)
			close(file);
		break;
	case 1:
		(void)!mkdir(path, 0700);
		break;
	case 2:
		(void)!symlink(other, path);
		break;
	case 3:
		(void)!rename(path, other);
		break;
	case 4:
		(void)!unlink(path);
		break;
	default:
		(void)!rmdir(path);
		break;
	}
}

static bool holds(const struct guard_list *list)
{
	char *const nothing[] = {NULL};
	const struct guard_world world = {.arguments = nothing, .environment = nothing};
	const struct snapshot snapshot = {.guards = list->guards,
					  .guard_count = (uint32_t)list->count,
					  .strings = (const char *)list->strings.data,
					  .strings_size = (uint32_t)list->strings.size};
	struct guard_miss miss;

	return pyb_guards_hold(&snapshot, &world, &miss);
}

static void start_anew(void)
{
	tear_down();
	set_up();
	for (uint32_t i = draw(4); i > 0; i--)
		act();
	wait_for_step();
}

START_TEST(whatever_happens)
{
	struct pyb_error error = {0};
	unsigned missed = 0, left_out = 0;
	char path[PATH_MAX];

	for (int round = 0; round < 500; round++) {
		start_anew();
		for (int i = 0; i < LINES; i++) {
			const enum guard_kind kind = draw(3) == 0 ? GUARD_LINK : GUARD_PATH;
			draw_path(path);
			add(&all, kind, path);
			add(&fewer, kind, path);
		}
		ck_assert_int_eq(absent_paths_thin(&fewer, &error), PYB_OK);
		ck_assert(holds(&fewer));
		left_out += (unsigned)(all.count - fewer.count);
		for (uint32_t i = draw(ACTS) + 1; i > 0; i--)
			act();
		if (!holds(&all)) {
			missed++;
			ck_assert(!holds(&fewer));
		}
	}
	ck_assert_uint_gt(missed, 50);
	ck_assert_uint_gt(left_out, 50);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("absent_paths");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, left, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, whatever_happens);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
