/* SPDX-License-Identifier: MIT */
/* What is found of a program that makes one kind of system call: exactly these facts, as sentences. */
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "bundler/snapshot/facts.h"
#include "tests/unit/expected_facts.h"
#include "tests/unit/tracing.h"

enum { LINE_SIZE = 8192 };

static struct facts facts;

/* Trace an act, up to the second mark. */
static void find(const char *word)
{
	const struct trace_watcher watcher = facts_watcher(&facts);
	struct trace trace = TRACE_INIT;
	struct trace_outcome outcome;
	struct pyb_error error = {0};

	tracing_start(&trace, word);
	trace.hides_vdso = strcmp(word, "ask_vdso") == 0;
	enum pyb_status status = trace_follow(&trace, &watcher, TRACING_SECONDS, &outcome, &error);
	if (status == PYB_OK && outcome.event == TRACE_REACHED)
		status = facts_end(&facts, trace.pid, &error);
	ck_assert_msg(status == PYB_OK, "%s", error.text);
	ck_assert_int_eq(outcome.event, TRACE_REACHED);
	trace_finish(&trace);
	facts_sort(&facts);
}

static void set_up(void)
{
	tracing_set_up();
	const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(nothing, 0);
	ck_assert_int_eq(dup2(nothing, STDIN_FILENO), STDIN_FILENO);
	close(nothing);
	umask(022);
}

static void tear_down(void)
{
	facts_release(&facts);
	tracing_tear_down();
}

/* A fact as a sentence, in which the folder of the test is "@". */
static void describe(const struct fact *fact, char line[LINE_SIZE])
{
	char text[LINE_SIZE] = "";
	FILE *const stream = fmemopen(text, sizeof(text), "w");
	const char *const root = tracing_root;

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_ge(fact_write(stream, fact), 0);
	fclose(stream);
	const char *const found = strstr(text, root);
	if (found == NULL)
		snprintf(line, LINE_SIZE, "%s", text);
	else
		snprintf(line, LINE_SIZE, "%.*s@%s", (int)(found - text), text,
			 found + strlen(root));
}

/* The files that the program itself is made of are those of this machine. */
static bool is_program(const struct fact *fact)
{
	return (fact->asked & FACT_PROGRAM) != 0;
}

static void check_line(const char *word, const struct fact *fact, const char *wanted)
{
	char line[LINE_SIZE];

	describe(fact, line);
	ck_assert_msg(wanted != NULL && strncmp(line, wanted, strlen(wanted)) == 0,
		      "%s: \"%s\" in the place of \"%s\"", word, line,
		      wanted == NULL ? "nothing" : wanted);
}

START_TEST(exact)
{
	const struct expected *const expected = &exactly[_i];
	size_t line = 0;

	find(expected->word);
	for (size_t i = 0; i < facts.count; i++) {
		if (is_program(&facts.list[i]))
			continue;
		ck_assert_uint_lt(line, LINES);
		check_line(expected->word, &facts.list[i], expected->lines[line++]);
	}
	ck_assert_msg(line == LINES || expected->lines[line] == NULL, "%s: \"%s\" is missing",
		      expected->word, expected->lines[line]);
}
END_TEST

static bool has_line(const char *wanted)
{
	char line[LINE_SIZE];

	for (size_t i = 0; i < facts.count; i++) {
		describe(&facts.list[i], line);
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			return true;
	}
	return false;
}

START_TEST(at_least)
{
	const struct expected *const expected = &among_others[_i];

	find(expected->word);
	for (size_t i = 0; i < LINES && expected->lines[i] != NULL; i++)
		ck_assert_msg(has_line(expected->lines[i]), "%s: \"%s\" is missing", expected->word,
			      expected->lines[i]);
}
END_TEST

/* A child is a fact, what it looks at is none. */
START_TEST(child)
{
	find("wait_for_child");
	ck_assert(!has_line("looked at @/file"));
	ck_assert(!has_line("asked for the number of a process"));
	ck_assert(fact_stops(FACT_CHILD));
}
END_TEST

START_TEST(locale)
{
	bool is_found = false;

	find("set_locale");
	for (size_t i = 0; i < facts.count; i++)
		is_found |= facts.list[i].kind == FACT_PATH &&
			    strstr(facts.list[i].path, "/xx_YY.UTF-8/") != NULL &&
			    facts.list[i].target.error == ENOENT;
	ck_assert(is_found);
}
END_TEST

/* openat2(2) is from Linux 5.6 on. */
START_TEST(openat2_call)
{
	const bool is_beneath = _i == 1;

	find(is_beneath ? "open_beneath" : "open_how");
	if (is_beneath)
		ck_assert(
			has_line("made a system call of which the meaning is not known (openat2"));
	else
		ck_assert(has_line("looked for @/file"));
}
END_TEST

/* --- what is in a fact */

static const struct fact *find_path(const char *word, const char *name)
{
	char path[256];

	find(word);
	snprintf(path, sizeof(path), "%s/%s", tracing_root, name);
	const struct fact *const fact = facts_find(&facts, FACT_PATH, path, 0);
	ck_assert_ptr_nonnull(fact);
	return fact;
}

static void check_status(const struct fact_status *found, const struct stat *wanted)
{
	ck_assert_int_eq(found->error, 0);
	ck_assert_uint_eq(found->device, wanted->st_dev);
	ck_assert_uint_eq(found->inode, wanted->st_ino);
	ck_assert_uint_eq(found->size, (uint64_t)wanted->st_size);
	ck_assert_uint_eq(found->mode, wanted->st_mode);
	ck_assert_int_eq(found->mtime_ns,
			 wanted->st_mtim.tv_sec * 1000000000 + wanted->st_mtim.tv_nsec);
	ck_assert_int_eq(found->ctime_ns,
			 wanted->st_ctim.tv_sec * 1000000000 + wanted->st_ctim.tv_nsec);
}

START_TEST(status_of_link)
{
	struct stat file, link;

	const struct fact *fact = find_path("stat_link", "link");
	ck_assert_int_eq(stat("file", &file), 0);
	ck_assert_int_eq(lstat("link", &link), 0);
	check_status(&fact->target, &file);
	check_status(&fact->link, &link);
	ck_assert_uint_eq(fact->asked, FACT_STATUS);
	facts_release(&facts);
	fact = find_path("lstat_link", "nowhere");
	ck_assert_uint_eq(fact->asked, FACT_LINK | FACT_LINK_STATUS);
	ck_assert_int_eq(fact->target.error, ENOENT);
	ck_assert_int_eq(fact->link.error, 0);
}
END_TEST

static const struct {
	const char *word, *name;
	unsigned asked;
} questions[] = {
	{"stat_absolute", "file", FACT_STATUS},
	{"stat_relative", "file", FACT_STATUS | FACT_RELATIVE},
	{"stat_folder", "folder", FACT_EXISTENCE | FACT_STATUS},
	{"check_access", "file", FACT_EXISTENCE},
	{"open_only", "file", FACT_EXISTENCE},
	{"read_file", "file", FACT_EXISTENCE | FACT_CONTENTS},
	{"read_copy", "file", FACT_EXISTENCE | FACT_CONTENTS},
	{"map_file", "file", FACT_EXISTENCE | FACT_CONTENTS},
	{"map_shared", "file", FACT_EXISTENCE | FACT_CONTENTS | FACT_SHARED},
	{"stat_open_file", "file", FACT_EXISTENCE | FACT_STATUS},
	{"list_folder", "folder", FACT_EXISTENCE | FACT_NAMES},
	{"open_no_link", "link", FACT_LINK},
	{"read_link", "link", FACT_LINK},
};

START_TEST(asked)
{
	const struct fact *const fact = find_path(questions[_i].word, questions[_i].name);

	ck_assert_msg((fact->asked & questions[_i].asked) == questions[_i].asked, "%s: %u",
		      questions[_i].word, fact->asked);
	ck_assert_uint_eq(fact->asked & ((1U << FACT_ACCESS_SHIFT) - 1) &
				  ~(questions[_i].asked | FACT_EXISTENCE),
			  0);
}
END_TEST

/*
 * A file that was changed a moment ago could be changed again at the same time, as files tell it: it is
 * looked at when that moment is over.
 */
START_TEST(just_changed)
{
	enum { NS_PER_SECOND = 1000000000, CLOCK_OF_FILES = 10000000 };
	const struct fact *const fact = find_path("stat_just_changed", "file");
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &now), 0);
	ck_assert_int_ge(now.tv_sec * NS_PER_SECOND + now.tv_nsec - fact->target.ctime_ns,
			 CLOCK_OF_FILES);
}
END_TEST

/* The program itself, what loads its libraries, and its libraries. */
START_TEST(made_of)
{
	const struct fact *const fact =
		(find("stat_missing"), facts_find(&facts, FACT_PATH, tracing_program(), 0));
	struct stat status;
	size_t count = 0;

	ck_assert_ptr_nonnull(fact);
	ck_assert(is_program(fact));
	ck_assert_int_eq(stat(tracing_program(), &status), 0);
	check_status(&fact->target, &status);
	for (size_t i = 0; i < facts.count; i++)
		count += is_program(&facts.list[i]);
	ck_assert_uint_ge(count, 3);
}
END_TEST

START_TEST(terminal)
{
	const struct winsize size = {.ws_row = 24, .ws_col = 80};
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master) | unlockpt(master), 0);
	const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(slave, 0);
	ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
	ck_assert_int_eq(dup2(slave, STDIN_FILENO), STDIN_FILENO);
	find("ask_terminal");
	ck_assert(has_line(
		"asked whether a descriptor is of a terminal (TIOCGWINSZ, 0): 24 rows, 80"));
	close(slave);
	close(master);
}
END_TEST

START_TEST(ignored_signal)
{
	ck_assert(signal(SIGINT, SIG_IGN) != SIG_ERR);
	find("ask_signals");
	ck_assert(has_line("asked or told what is done on a signal (rt_sigaction, 2): nothing"));
	signal(SIGINT, SIG_DFL);
}
END_TEST

/* The first failure is kept, whatever else was asked of the path. */
START_TEST(failure)
{
	const struct fact *const fact = find_path("ask_attributes", "file");

	ck_assert_int_ne(fact->error, 0);
	ck_assert_int_eq(fact->target.error, 0);
}
END_TEST

/* What the program has set itself tells nothing of what it was started with. */
START_TEST(own_signal)
{
	find("ask_own_signal");
	const struct fact *const fact = facts_find(&facts, FACT_SIGNAL, NULL, SIGUSR1);
	ck_assert_ptr_nonnull(fact);
	ck_assert_ptr_null(fact->value);
	ck_assert_uint_eq(fact->asked, FACT_HANDLED | FACT_DISPOSITION);
}
END_TEST

/* No difference between two traces of the same, as far as values are not those of files. */
START_TEST(deterministic)
{
	static char first[64 * LINE_SIZE], line[LINE_SIZE];
	size_t length = 0, again = 0;

	find("find_user");
	for (size_t i = 0; i < facts.count; i++) {
		describe(&facts.list[i], line);
		length += (size_t)snprintf(first + length, sizeof(first) - length, "%s\n", line);
		ck_assert_uint_lt(length, sizeof(first));
	}
	facts_release(&facts);
	find("find_user");
	for (size_t i = 0; i < facts.count; i++) {
		describe(&facts.list[i], line);
		ck_assert_int_eq(strncmp(first + again, line, strlen(line)), 0);
		again += strlen(line) + 1;
	}
	ck_assert_uint_eq(again, length);
}
END_TEST

/* A machine where processes can be traced, and their memory cannot be read by others. */
START_TEST(memory_is_private)
{
	const struct trace_watcher watcher = facts_watcher(&facts);
	const pid_t process = fork();
	int status;

	if (process == 0) {
		struct trace trace = TRACE_INIT;
		struct trace_outcome outcome;
		struct pyb_error error = {0};
		tracing_forbid(SYS_process_vm_readv, ENOSYS);
		tracing_start(&trace, "stat_absolute");
		const bool is_refused = trace_follow(&trace, &watcher, TRACING_SECONDS, &outcome,
						     &error) == PYB_ERR_UNSUPPORTED &&
					strstr(error.text, "read the memory of another") != NULL;
		trace_finish(&trace);
		_exit(is_refused ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(process, &status, 0), process);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	if (!tracing_is_possible())
		return 0;
	Suite *const suite = suite_create("facts");
	TCase *const tcase = tcase_create("acts");
	SRunner *const runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 2.0 * TRACING_SECONDS);
	tcase_add_loop_test(tcase, exact, 0, sizeof(exactly) / sizeof(exactly[0]));
	tcase_add_loop_test(tcase, at_least, 0, sizeof(among_others) / sizeof(among_others[0]));
	tcase_add_test(tcase, child);
	tcase_add_test(tcase, locale);
	tcase_add_loop_test(tcase, openat2_call, 0, 2);
	tcase_add_test(tcase, status_of_link);
	tcase_add_loop_test(tcase, asked, 0, sizeof(questions) / sizeof(questions[0]));
	tcase_add_test(tcase, just_changed);
	tcase_add_test(tcase, made_of);
	tcase_add_test(tcase, terminal);
	tcase_add_test(tcase, ignored_signal);
	tcase_add_test(tcase, failure);
	tcase_add_test(tcase, own_signal);
	tcase_add_test(tcase, deterministic);
	tcase_add_test(tcase, memory_is_private);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
