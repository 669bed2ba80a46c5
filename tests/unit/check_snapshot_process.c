/* SPDX-License-Identifier: MIT */
/* A process is the same as itself, and not the same after any change of what it was started with. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/snapshot_process.h"

enum { AUXV_SIZE = 4096, TEXT_SIZE = 512, ABROAD = 77 };

static Elf64_auxv_t auxv[AUXV_SIZE / sizeof(Elf64_auxv_t)];
static const char *program;

static struct snapshot_process facts(void)
{
	struct snapshot_process found;

	ck_assert(pyb_process_facts(auxv, &found));
	return found;
}

/* Which of the calls that these stand in front of is refused, as a filter does it. */
static enum { NONE, GROUPS, NAMES } refused;

int getgroups(int size, gid_t list[])
{
	if (refused != GROUPS)
		return (int)syscall(SYS_getgroups, size, list);
	errno = EPERM;
	return -1;
}

int uname(struct utsname *names)
{
	if (refused != NAMES)
		return (int)syscall(SYS_uname, names);
	errno = EPERM;
	return -1;
}

static bool read_auxv(void)
{
	const int file = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	const bool is_read = file >= 0 && read(file, auxv, sizeof(auxv)) > 0;

	close(file);
	return is_read;
}

/* As a program has it that a shell starts in the foreground. */
static void set_up(void)
{
	sigset_t none;

	ck_assert(read_auxv());
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &none, NULL), 0);
}

static void ignore_interrupt(void)
{
	signal(SIGINT, SIG_IGN);
}

static void ignore_hangup(void)
{
	signal(SIGHUP, SIG_IGN);
}

static void ignore_last(void)
{
	signal(SIGRTMAX, SIG_IGN);
}

static void close_input(void)
{
	close(STDIN_FILENO);
}

static void close_errors(void)
{
	close(STDERR_FILENO);
}

static void fix_layout(void)
{
	if (personality(ADDR_NO_RANDOMIZE) == -1)
		_exit(ABROAD);
}

static void be_other_machine(void)
{
	if (personality(PER_LINUX32) == -1)
		_exit(ABROAD);
}

static void be_older_system(void)
{
	if (personality(UNAME26) == -1)
		_exit(ABROAD);
}

/* What follows takes privileges. */
static void be_other_user(void)
{
	if (setresuid(4711, 4711, 4711) != 0)
		_exit(ABROAD);
}

static void be_effective_user(void)
{
	if (setresuid((uid_t)-1, 4711, (uid_t)-1) != 0)
		_exit(ABROAD);
}

static void be_other_group(void)
{
	if (setresgid(4711, 4711, 4711) != 0)
		_exit(ABROAD);
}

static void join_group(void)
{
	const gid_t group = 4711;

	if (setgroups(1, &group) != 0)
		_exit(ABROAD);
}

static const struct change {
	void (*make)(void);
	const char *words; /* the text begins with them */
} changes[] = {
	{close_input, "stdin is closed; it was open when the snapshot was made"},
	{close_errors, "stderr is closed; it was open when the snapshot was made"},
	{fix_layout, "addresses are not randomized (as in a debugger); they were when the "},
	{be_other_machine, "this is another kernel than the snapshot was made with"},
	{be_older_system, "this is another kernel than the snapshot was made with"},
	{be_other_user, "the snapshot was made by user 0; it is user 4711 now"},
	{be_effective_user, "the snapshot was made by user 0; it is user 4711 now"},
	{be_other_group, "the snapshot was made in group 0; it is group 4711 now"},
	{join_group, "the user is in other groups than when the snapshot was made"},
};

/* In the child: no assertion, for Check's messages go through the streams that are closed. */
static int look_after(const struct change *change, const struct snapshot_process *before)
{
	struct snapshot_process after;
	char text[TEXT_SIZE] = "";

	change->make();
	if (!pyb_process_facts(auxv, &after))
		return 1;
	if (pyb_process_is_same(before, &after, text, sizeof(text)))
		return 2;
	if (strncmp(text, change->words, strlen(change->words)) != 0)
		return 3;
	/* And back. */
	return pyb_process_is_same(&after, before, text, sizeof(text)) ? 4 : 0;
}

static int run(int (*act)(const struct change *, const struct snapshot_process *),
	       const struct change *change)
{
	const struct snapshot_process before = facts();
	int status;

	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(act(change, &before));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(any_change)
{
	const int result = run(look_after, &changes[_i]);

	ck_assert_msg(result == 0 || result == ABROAD, "%s: %d", changes[_i].words, result);
}
END_TEST

/* Those, too, that the C library keeps for itself. */
static void block_all(void)
{
	const uint64_t set = ~UINT64_C(0);

	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof(set)) != 0)
		_exit(ABROAD);
}

/*
 * What may differ: who has started it does not count, nor which signals CPython ignores itself. What is blocked,
 * and waits, the kernel alone knows.
 */
static void stay_the_same(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	block_all();
	kill(getpid(), SIGTERM);
	setsid();
	umask(0);
	if (chdir("/") != 0 || open("/dev/null", O_RDONLY) < 0)
		_exit(ABROAD);
}

static int look_same(const struct change *change, const struct snapshot_process *before)
{
	struct snapshot_process after;
	char text[TEXT_SIZE] = "";

	change->make();
	return pyb_process_facts(auxv, &after) &&
			       pyb_process_is_same(before, &after, text, sizeof(text)) &&
			       text[0] == '\0'
		       ? 0
		       : 1;
}

START_TEST(same)
{
	const struct change change = {stay_the_same, NULL};

	ck_assert_int_eq(run(look_same, &change), 0);
}
END_TEST

static const struct change besides[] = {
	{ignore_interrupt, "SIGINT is not ignored; it was when the snapshot was made"},
	{ignore_hangup, "SIGHUP is not ignored; it was when the snapshot was made"},
	{ignore_last, "signal 64 is not ignored; it was when the snapshot was made"},
};

static int look_back(const struct change *change, const struct snapshot_process *before)
{
	struct snapshot_process after;
	char text[TEXT_SIZE] = "";

	change->make();
	return pyb_process_facts(auxv, &after) &&
			       after.ignored_signals != before->ignored_signals &&
			       pyb_process_is_same(before, &after, text, sizeof(text)) &&
			       !pyb_process_is_same(&after, before, text, sizeof(text)) &&
			       strcmp(text, change->words) == 0
		       ? 0
		       : 1;
}

/* Signals that are ignored besides do not count; that one is heeded does. */
START_TEST(ignored_besides)
{
	ck_assert_int_eq(run(look_back, &besides[_i]), 0);
}
END_TEST

/* What this program does when it is given an argument; outside of Check. */
static int tell(void)
{
	struct snapshot_process found;

	return read_auxv() && pyb_process_facts(auxv, &found) &&
			       write(STDOUT_FILENO, &found, sizeof(found)) == sizeof(found)
		       ? 0
		       : 1;
}

static void tell_on(unsigned core, int output)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	CPU_SET(core, &cores);
	if (sched_setaffinity(0, sizeof(cores), &cores) != 0 || dup2(output, STDOUT_FILENO) < 0)
		_exit(1);
	execl(program, program, "tell", NULL);
	_exit(1);
}

static struct snapshot_process ask_on(unsigned core)
{
	struct snapshot_process told;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		tell_on(core, ends[1]);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &told, sizeof(told)), sizeof(told));
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	return told;
}

/* Other processes, with other addresses, on whatever core. */
START_TEST(other_cores)
{
	struct snapshot_process first = {0}, other;
	char text[TEXT_SIZE];
	cpu_set_t cores;
	int count = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cores), &cores), 0);
	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, &cores))
			continue;
		other = ask_on(core);
		if (count++ == 0)
			first = other;
		ck_assert_msg(pyb_process_is_same(&first, &other, text, sizeof(text)),
			      "core %u: %s", core, text);
	}
	ck_assert_int_gt(count, 0);
}
END_TEST

/* Each field counts, which no change of this process can show. */
START_TEST(each_field)
{
	static const struct {
		size_t offset;
		const char *words;
	} fields[] = {
		{offsetof(struct snapshot_process, system_digest), "this is another kernel"},
		{offsetof(struct snapshot_process, cpu_digest), "this processor can do"},
		{offsetof(struct snapshot_process, hwcap), "this processor can do"},
		{offsetof(struct snapshot_process, hwcap2), "this processor can do"},
		{offsetof(struct snapshot_process, signal_stack), "this processor can do"},
		{offsetof(struct snapshot_process, page_size), "memory pages have"},
		{offsetof(struct snapshot_process, groups_digest), "the user is in other groups"},
	};
	const struct snapshot_process then = facts();
	char text[TEXT_SIZE];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct snapshot_process now = then;
		((uint8_t *)&now)[fields[i].offset] ^= 1;
		ck_assert(!pyb_process_is_same(&then, &now, text, sizeof(text)));
		ck_assert_msg(strncmp(text, fields[i].words, strlen(fields[i].words)) == 0, "%s",
			      text);
	}
}
END_TEST

/* Then there are no facts, not some of them. */
START_TEST(refused_call)
{
	struct snapshot_process found;

	refused = GROUPS;
	ck_assert(!pyb_process_facts(auxv, &found));
	refused = NAMES;
	ck_assert(!pyb_process_facts(auxv, &found));
	refused = NONE;
	ck_assert(pyb_process_facts(auxv, &found));
}
END_TEST

START_TEST(short_text)
{
	const struct snapshot_process then = facts();
	struct snapshot_process now = then;
	char text[] = "0123456789";

	now.user++;
	ck_assert(!pyb_process_is_same(&then, &now, text, 4));
	ck_assert_str_eq(text, "the");
	ck_assert_int_eq(text[4], '4');
}
END_TEST

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc == 2 && strcmp(argv[1], "tell") == 0)
		return tell();

	Suite *const suite = suite_create("snapshot_process");
	TCase *const all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, NULL);
	tcase_add_loop_test(all, any_change, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(all, same);
	tcase_add_loop_test(all, ignored_besides, 0, sizeof(besides) / sizeof(besides[0]));
	tcase_add_test(all, other_cores);
	tcase_add_test(all, each_field);
	tcase_add_test(all, refused_call);
	tcase_add_test(all, short_text);
	suite_add_tcase(suite, all);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
