/* SPDX-License-Identifier: MIT */
/* A traced program from its start to its end: how it ends, or does not; its threads, children, signals. */
#include <check.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/trace_mark.h"
#include "tests/unit/tracing.h"

enum { CALLS = 512 };

static const struct trace_watcher nobody;
static struct trace trace;
static struct trace_outcome outcome;

/* How often each call has begun and ended, and how often it did so for a child. */
struct counts {
	unsigned begun[CALLS], ended[CALLS], of_child, executed, marked;
};

static enum pyb_status count_begun(void *cookie, const struct trace_call *call,
				   struct pyb_error *error)
{
	struct counts *const counts = cookie;

	(void)error;
	if (call->number < CALLS)
		counts->begun[call->number]++;
	return PYB_OK;
}

static enum pyb_status count_ended(void *cookie, const struct trace_call *call,
				   struct pyb_error *error)
{
	struct counts *const counts = cookie;

	(void)error;
	if (call->number < CALLS)
		counts->ended[call->number]++;
	counts->of_child += call->is_child;
	return PYB_OK;
}

static enum pyb_status count_executed(void *cookie, pid_t process, struct pyb_error *error)
{
	struct counts *const counts = cookie;

	(void)error;
	ck_assert_int_eq(process, trace.pid);
	counts->executed++;
	return PYB_OK;
}

static enum pyb_status count_marked(void *cookie, pid_t process, unsigned mark,
				    struct pyb_error *error)
{
	struct counts *const counts = cookie;

	(void)error;
	ck_assert_uint_eq(mark, TRACE_MARK_BEGIN);
	ck_assert_int_eq(process, trace.pid);
	counts->marked++;
	return PYB_OK;
}

static void follow(const struct trace_watcher *watcher, int seconds)
{
	struct pyb_error error = {0};

	ck_assert_msg(trace_follow(&trace, watcher, seconds, &outcome, &error) == PYB_OK, "%s",
		      error.text);
}

static void count(const char *word, struct counts *counts)
{
	const struct trace_watcher watcher = {.begins = count_begun,
					      .ends = count_ended,
					      .executed = count_executed,
					      .marked = count_marked,
					      .cookie = counts};

	*counts = (struct counts){0};
	tracing_start(&trace, word);
	follow(&watcher, TRACING_SECONDS);
}

/* Nothing that was traced is left: no child of ours, whether it has ended or not. */
static void tear_down(void)
{
	trace_finish(&trace);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	tracing_tear_down();
}

static const struct {
	const char *word;
	struct trace_outcome outcome;
	int seconds;
} endings[] = {
	{"exit_with_seven", {TRACE_EXITED, 7}, TRACING_SECONDS},
	{"kill_self", {TRACE_KILLED, SIGTERM}, TRACING_SECONDS},
	{"crash", {TRACE_KILLED, SIGABRT}, TRACING_SECONDS},
	{"stop_for_a_while", {TRACE_EXITED, 9}, TRACING_SECONDS},
	{"be_interrupted", {TRACE_EXITED, 10}, TRACING_SECONDS},
	{"leave_child", {TRACE_EXITED, 12}, TRACING_SECONDS},
	{"end_main_thread", {TRACE_EXITED, 13}, TRACING_SECONDS},
	{"start_threads", {TRACE_EXITED, 15}, TRACING_SECONDS},
	{"stat_absolute", {TRACE_REACHED, 0}, TRACING_SECONDS},
	{"execute", {TRACE_REACHED, 0}, TRACING_SECONDS},
	{"execute_from_thread", {TRACE_REACHED, 0}, TRACING_SECONDS},
	{"hang", {TRACE_LATE, 0}, 1},
	{"spin", {TRACE_LATE, 0}, 1},
	{"stop_self", {TRACE_LATE, 0}, 1},
};

START_TEST(ends)
{
	tracing_start(&trace, endings[_i].word);
	follow(&nobody, endings[_i].seconds);
	ck_assert_int_eq(outcome.event, endings[_i].outcome.event);
	ck_assert_int_eq(outcome.value, endings[_i].outcome.value);
}
END_TEST

/* However the caller has it with signals of children, nothing is missed, and it stays so. */
START_TEST(children_are_ignored)
{
	struct sigaction action;

	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	tracing_start(&trace, "exit_with_seven");
	follow(&nobody, TRACING_SECONDS);
	ck_assert_int_eq(outcome.event, TRACE_EXITED);
	ck_assert_int_eq(outcome.value, 7);
	ck_assert_int_eq(sigaction(SIGCHLD, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

START_TEST(each_call_is_told_twice)
{
	struct counts counts;

	count("stat_twice", &counts);
	ck_assert_uint_eq(counts.executed, 1);
	ck_assert_uint_eq(counts.marked, 1);
	for (size_t i = 0; i < CALLS; i++)
		if (i != SYS_execve && i != SYS_prctl)
			ck_assert_msg(counts.begun[i] == counts.ended[i], "call %zu", i);
	ck_assert_uint_ge(counts.ended[SYS_newfstatat], 3);
	ck_assert_uint_eq(counts.of_child, 0);
}
END_TEST

/* One that goes on after a signal ends once. */
START_TEST(interrupted)
{
	struct counts counts;

	count("be_interrupted", &counts);
	ck_assert_uint_gt(counts.begun[SYS_wait4], 1);
	ck_assert_uint_eq(counts.ended[SYS_wait4], 1);
}
END_TEST

START_TEST(calls_of_children)
{
	struct counts counts;

	count("wait_for_child", &counts);
	ck_assert_int_eq(outcome.event, TRACE_REACHED);
	ck_assert_uint_gt(counts.of_child, 0);
	trace_finish(&trace);
	count("from_thread", &counts);
	ck_assert_uint_eq(counts.of_child, 0);
}
END_TEST

START_TEST(executed_again)
{
	struct counts counts;

	count(_i == 0 ? "execute" : "execute_from_thread", &counts);
	ck_assert_int_eq(outcome.event, TRACE_REACHED);
	ck_assert_uint_eq(counts.executed, 2);
	ck_assert_uint_eq(counts.marked, 2);
}
END_TEST

/* A signal of ours that is blocked ends no process, but the wait for it. */
START_TEST(interrupted_from_outside)
{
	sigset_t interrupt, before;
	int signal;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &before);
	raise(SIGINT);
	tracing_start(&trace, "hang");
	follow(&nobody, TRACING_SECONDS);
	ck_assert_int_eq(outcome.event, TRACE_INTERRUPTED);
	ck_assert_int_eq(sigwait(&interrupt, &signal), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
END_TEST

/* After the mark it may be let go, or followed further. */
START_TEST(detached)
{
	int status;

	tracing_start(&trace, "stat_absolute");
	const pid_t pid = trace.pid;
	follow(&nobody, TRACING_SECONDS);
	ck_assert_int_eq(outcome.event, TRACE_REACHED);
	trace_detach(&trace);
	ck_assert_int_eq(trace.pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* At its first instruction, and while it runs. */
START_TEST(detached_early)
{
	int status;

	tracing_start(&trace, _i == 0 ? "exit_with_seven" : "spin");
	const pid_t pid = trace.pid;
	if (_i == 1)
		follow(&nobody, 1);
	trace_detach(&trace);
	if (_i == 1)
		ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (_i == 0)
		ck_assert_int_eq(WEXITSTATUS(status), 7);
	else
		ck_assert_int_eq(WTERMSIG(status), SIGTERM);
}
END_TEST

START_TEST(followed_further)
{
	tracing_start(&trace, "stat_absolute");
	follow(&nobody, TRACING_SECONDS);
	ck_assert_int_eq(outcome.event, TRACE_REACHED);
	follow(&nobody, TRACING_SECONDS);
	ck_assert_int_eq(outcome.event, TRACE_EXITED);
	ck_assert_int_eq(outcome.value, 0);
}
END_TEST

static enum pyb_status refuse(void *cookie, const struct trace_call *call, struct pyb_error *error)
{
	(void)cookie;
	return pyb_error_set(error, PYB_ERR_INVALID, "call %d", (int)call->number);
}

START_TEST(watcher_gives_up)
{
	const struct trace_watcher refusing = {.ends = refuse};
	struct pyb_error error = {0};

	tracing_start(&trace, "stat_absolute");
	ck_assert_int_eq(trace_follow(&trace, &refusing, TRACING_SECONDS, &outcome, &error),
			 PYB_ERR_INVALID);
	ck_assert_int_eq(strncmp(error.text, "call ", strlen("call ")), 0);
}
END_TEST

/* --- programs that cannot be started */

START_TEST(no_such_program)
{
	static const char *const programs[] = {"/nonexistent/x", "there-is-no-such-program",
					       "./file"};
	struct pyb_error error = {0};

	ck_assert_int_eq(tracing_try(&trace, programs[_i], NULL, &error), PYB_ERR_IO);
	ck_assert_ptr_nonnull(strstr(error.text, programs[_i]));
	ck_assert_int_eq(trace.pid, -1);
}
END_TEST

/* In a process of its own, which ends without what tools do at the end: they may want to trace. */
START_TEST(tracing_is_forbidden)
{
	static const int errors[] = {EPERM, ENOSYS};
	static const char reason[] = "this machine does not let one process trace another";
	const pid_t child = fork();
	int status;

	if (child == 0) {
		struct pyb_error error = {0};
		tracing_forbid(SYS_ptrace, errors[_i]);
		const bool is_refused = tracing_try(&trace, tracing_program(), "spin", &error) ==
						PYB_ERR_UNSUPPORTED &&
					strstr(error.text, reason) != NULL && trace.pid == -1;
		_exit(is_refused ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	if (!tracing_is_possible())
		return 0;
	Suite *const suite = suite_create("trace");
	TCase *const tcase = tcase_create("programs");
	SRunner *const runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, tracing_set_up, tear_down);
	tcase_set_timeout(tcase, 2.0 * TRACING_SECONDS);
	tcase_add_loop_test(tcase, ends, 0, sizeof(endings) / sizeof(endings[0]));
	tcase_add_test(tcase, children_are_ignored);
	tcase_add_test(tcase, each_call_is_told_twice);
	tcase_add_test(tcase, interrupted);
	tcase_add_test(tcase, calls_of_children);
	tcase_add_loop_test(tcase, executed_again, 0, 2);
	tcase_add_test(tcase, interrupted_from_outside);
	tcase_add_test(tcase, detached);
	tcase_add_loop_test(tcase, detached_early, 0, 2);
	tcase_add_test(tcase, followed_further);
	tcase_add_test(tcase, watcher_gives_up);
	tcase_add_loop_test(tcase, no_such_program, 0, 3);
	tcase_add_loop_test(tcase, tracing_is_forbidden, 0, 2);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
