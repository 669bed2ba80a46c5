/* SPDX-License-Identifier: MIT */
#include "tests/unit/reborn.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/snapshot/dump/break.h"
#include "importer/snapshot/dump/dump.h"

#define MAKE "make" /* PATH: write a snapshot of this process */
#define START \
	"start" /* PATH WORD ARGUMENT: become it, and do this; or do it at once if it is empty */

enum { PAGE = 4096, AGAIN = 45 /* a new process may succeed */, TRIES = 50 };

static const struct reborn *program; /* in its own process */

static void act(const struct restored *restored)
{
	const char *const word = restored->stack.argv[3];

	for (size_t i = 0; i < program->act_count; i++)
		if (strcmp(program->acts[i].word, word) == 0)
			program->acts[i].act(restored);
}

static __attribute__((used)) _Noreturn void go_on(const struct restored *restored)
{
	act(restored);
	exit(REBORN_RESTORED);
}

/* --- a file for the snapshot: this, the pages, the tables */

struct stored {
	struct snapshot snapshot; /* its pointers are offsets in the tables */
	uint64_t tables;
	uint64_t tables_size;
};

static uint64_t offset_in(const struct dump *dump, const void *table)
{
	return table == NULL ? 0 : (uintptr_t)table - (uintptr_t)dump->memory;
}

#define AS_OFFSET(dump, table) ((const void *)offset_in((dump), (table)))
#define AS_POINTER(tables, offset) ((const void *)((tables) + (uintptr_t)(offset)))

static void store(int file, const struct dump *dump)
{
	const off_t end = lseek(file, 0, SEEK_END);
	struct stored stored = {dump->snapshot, (uint64_t)end, dump->size};
	struct snapshot *const snapshot = &stored.snapshot;

	snapshot->segments = AS_OFFSET(dump, snapshot->segments);
	snapshot->files = AS_OFFSET(dump, snapshot->files);
	snapshot->fixups = AS_OFFSET(dump, snapshot->fixups);
	snapshot->strings = AS_OFFSET(dump, snapshot->strings);
	for (uint64_t done = 0; done < dump->size;) {
		const ssize_t more =
			write(file, (const char *)dump->memory + done, dump->size - done);
		if (more <= 0)
			exit(1);
		done += (uint64_t)more;
	}
	if (pwrite(file, &stored, sizeof(stored), 0) != (ssize_t)sizeof(stored))
		exit(1);
}

static int make(char **argv)
{
	const int file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct pyb_error error = {0};
	struct initial_stack stack;
	struct dump dump;

	if (file < 0 || lseek(file, PAGE, SEEK_SET) != PAGE || !initial_stack_find(argv, &stack))
		return 1;
	const struct dump_request request = {.stack = &stack,
					     .kept = &file,
					     .kept_count = 1,
					     .pages = file,
					     .entry = (uintptr_t)go_on};
	if (break_leave_alone(&error) != PYB_OK)
		return 1;
	program->live();
	const enum pyb_status status = snapshot_dump(&request, &dump, &error);
	if (status == PYB_OK) {
		store(file, &dump);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "%s\n", error.text);
	return status == PYB_ERR_AGAIN ? AGAIN : 1;
}

/* The same in the only life that it has. */
static int act_at_once(char **argv)
{
	struct restored restored = {.message = REBORN_MESSAGE};

	if (!initial_stack_find(argv, &restored.stack))
		return 1;
	act(&restored);
	return REBORN_RESTORED;
}

static int start(char **argv)
{
	static const struct restore_message message = {REBORN_MESSAGE, sizeof(REBORN_MESSAGE)};
	const int file = open(argv[2], O_RDONLY | O_CLOEXEC);
	struct pyb_error error = {0};
	struct initial_stack stack;
	struct stored stored;
	const ssize_t size = read(file, &stored, sizeof(stored));

	if (size == 0) {
		close(file);
		return act_at_once(argv);
	}
	if (size != (ssize_t)sizeof(stored) || !initial_stack_find(argv, &stack))
		return 1;
	char *const tables = malloc(stored.tables_size);
	if (tables == NULL || pread(file, tables, stored.tables_size, (off_t)stored.tables) !=
				      (ssize_t)stored.tables_size)
		return 1;
	struct snapshot *const snapshot = &stored.snapshot;
	snapshot->segments = AS_POINTER(tables, snapshot->segments);
	snapshot->files = AS_POINTER(tables, snapshot->files);
	snapshot->fixups = AS_POINTER(tables, snapshot->fixups);
	snapshot->strings = AS_POINTER(tables, snapshot->strings);
	const struct snapshot_pages pages = {
		.descriptor = file, .offset = PAGE, .file_size = stored.tables};
	(void)snapshot_restore(snapshot, &pages, &message, &stack, &error);
	fprintf(stderr, "%s\n", error.text);
	return REBORN_REFUSED;
}

bool reborn_is_other(const struct reborn *reborn, int argc, char **argv, int *status)
{
	program = reborn;
	if (argc == 3 && strcmp(argv[1], MAKE) == 0)
		*status = make(argv);
	else if (argc == 5 && strcmp(argv[1], START) == 0)
		*status = start(argv);
	else
		return false;
	return true;
}

static const char *why_not(void)
{
	const char *const sanitized = getenv("SANITIZE_CFLAGS");

	if (getauxval(AT_SYSINFO_EHDR) == 0)
		return "the kernel has no vdso; under valgrind it seems so";
	return sanitized != NULL && *sanitized != '\0' ? "built with sanitizers" : NULL;
}

int reborn_run(Suite *suite)
{
	SRunner *const runner = srunner_create(suite);

	if (why_not() != NULL)
		printf("1..0 # SKIP %s\n", why_not());
	else
		srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- in tests */

static char path[] = "/tmp/pystart-check.XXXXXX";
static bool has_file;

static _Noreturn void become(char *const *arguments, int to, reborn_preparation *prepare)
{
	static char value[] = "PYSTART_CHECK=of now";
	char *const environment[] = {value, NULL};
	char file[PATH_MAX] = "";

	if (readlink("/proc/self/exe", file, sizeof(file) - 1) < 0)
		_exit(1);
	dup2(to, STDOUT_FILENO);
	dup2(to, STDERR_FILENO);
	close_range(3, ~0U, 0); /* what Check leaves open */
	if (prepare != NULL && !prepare())
		_exit(REBORN_UNPREPARED);
	execve(file, arguments, environment);
	_exit(127);
}

/* Run this program with these arguments. Returns its exit status. */
static int run(char *const *arguments, reborn_preparation *prepare, char said[REBORN_SAID])
{
	int ends[2], status;
	size_t length = 0;
	ssize_t more;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		become(arguments, ends[1], prepare);
	close(ends[1]);
	while ((more = read(ends[0], said + length, REBORN_SAID - 1 - length)) > 0)
		length += (size_t)more;
	said[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "signal %d: %s", WTERMSIG(status), said);
	return WEXITSTATUS(status);
}

/* An empty one: there is no snapshot. */
static void make_file(void)
{
	if (has_file)
		return;
	const int descriptor = mkstemp(path);
	ck_assert_int_ge(descriptor, 0);
	fchmod(descriptor, 0644); /* a user without rights is to read it */
	close(descriptor);
	has_file = true;
}

/* Where the process lies is chance. */
void reborn_make(const struct reborn *reborn, reborn_preparation *prepare)
{
	static char said[REBORN_SAID];
	char word[] = MAKE, name[64];
	char *const arguments[] = {name, word, path, NULL};

	snprintf(name, sizeof(name), "%s", reborn->name);
	make_file();
	for (int i = 0; i < TRIES; i++) {
		const int status = run(arguments, prepare, said);
		if (status == EXIT_SUCCESS)
			return;
		ck_assert_msg(status == AGAIN, "%d: %s", status, said);
	}
	ck_abort_msg("no try succeeded: %s", said);
}

int reborn_start(const struct reborn *reborn, const char *word, reborn_preparation *prepare,
		 char said[REBORN_SAID])
{
	char mode[] = START, name[64], last[] = "x", act_word[32];
	char *const arguments[] = {name, mode, path, act_word, last, NULL};

	snprintf(name, sizeof(name), "./%s", reborn->name);
	snprintf(act_word, sizeof(act_word), "%s", word);
	make_file();
	return run(arguments, prepare, said);
}

void reborn_expect(const struct reborn *reborn, const struct act *wanted)
{
	static char said[REBORN_SAID];

	reborn_make(reborn, NULL);
	const int status = reborn_start(reborn, wanted->word, NULL, said);
	reborn_forget();
	ck_assert_str_eq(said, wanted->says);
	ck_assert_int_eq(status, REBORN_RESTORED);
}

void reborn_forget(void)
{
	unlink(path);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	has_file = false;
}

/* --- */

START_TEST(as_it_is_to)
{
	reborn_expect(program, &program->acts[_i]);
}
END_TEST

int reborn_main(const struct reborn *reborn, int argc, char **argv)
{
	int status;

	if (reborn_is_other(reborn, argc, argv, &status))
		return status;
	Suite *const suite = suite_create(reborn->name);
	TCase *const acts = tcase_create("acts");
	tcase_set_timeout(acts, 120);
	tcase_add_loop_test(acts, as_it_is_to, 0, (int)reborn->act_count);
	suite_add_tcase(suite, acts);
	return reborn_run(suite);
}
