/* SPDX-License-Identifier: MIT */
/* The thread that reads ahead: that it is one, and that nobody else is disturbed by it. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/ahead.h"
#include "importer/system.h"

enum { ROUNDS = 500 };

struct job {
	struct ahead ahead;
	unsigned char bytes[4096];
	long thread;
	uint64_t blocked; /* signals, bit by bit */
};

static void fill(void *argument)
{
	struct job *const job = argument;

	for (size_t i = 0; i < sizeof(job->bytes); i++)
		job->bytes[i] = (unsigned char)i;
	job->thread = system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	system_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&job->blocked, sizeof(job->blocked), 0,
		    0);
	/* Fails. */
	system_call(SYS_close, -1, 0, 0, 0, 0, 0);
}

static void start(struct job *job)
{
	memset(job, 0, sizeof(*job));
	if (!ahead_start(&job->ahead, fill, job))
		fill(job); /* a sanitizer has to know of all threads */
}

static void wait_and_compare(struct job *job)
{
	size_t right = 0;

	ahead_wait(&job->ahead);
	for (size_t i = 0; i < sizeof(job->bytes); i++)
		right += job->bytes[i] == (unsigned char)i;
	ck_assert_uint_eq(right, sizeof(job->bytes));
}

START_TEST(works)
{
	struct job job;

	errno = EDOM;
	start(&job);
	wait_and_compare(&job);
	ck_assert_int_eq(errno, EDOM);
	ck_assert(job.thread != getpid() || job.ahead.work == NULL);
	/* A second time there is nothing to wait for. */
	ahead_wait(&job.ahead);
}
END_TEST

START_TEST(signals)
{
	const uint64_t every = ~(UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1));
	sigset_t before, after;
	struct job job;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR2);
	sigprocmask(SIG_SETMASK, &before, NULL);
	start(&job);
	wait_and_compare(&job);
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int signal = 1; signal < 32; signal++) {
		ck_assert_int_eq(sigismember(&after, signal), signal == SIGUSR2);
		if (job.ahead.work != NULL)
			ck_assert_int_eq(job.blocked >> (signal - 1) & 1,
					 every >> (signal - 1) & 1);
	}
}
END_TEST

/* Many at once, and one after the other, in the same place. */
START_TEST(many)
{
	static struct job jobs[8];

	for (int round = 0; round < ROUNDS / 8; round++) {
		for (size_t i = 0; i < 8; i++)
			start(&jobs[i]);
		for (size_t i = 0; i < 8; i++)
			wait_and_compare(&jobs[i]);
	}
}
END_TEST

static void wait_for_word(void *argument)
{
	const atomic_bool *const word = argument;

	while (!atomic_load(word))
		continue;
}

/* A copy of the process has no copy of the thread, and would wait for ever. */
START_TEST(copied)
{
	struct ahead ahead = {0};
	atomic_bool word = false;
	int status;

	if (!ahead_start(&ahead, wait_for_word, &word))
		return;
	const pid_t child = fork();
	if (child == 0)
		_exit(ahead_wait(&ahead) ? 1 : 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	atomic_store(&word, true);
	ck_assert(ahead_wait(&ahead));
}
END_TEST

START_TEST(none)
{
	const struct rlimit little = {0, 0};
	struct job job = {0};

	/* A sanitizer has none to begin with, and does not bear the limit. */
	if (ahead_start(&job.ahead, fill, &job)) {
		ahead_wait(&job.ahead);
		memset(&job, 0, sizeof(job));
		ck_assert_int_eq(setrlimit(RLIMIT_AS, &little), 0);
	}
	errno = EDOM;
	ck_assert(!ahead_start(&job.ahead, fill, &job));
	ck_assert_int_eq(errno, EDOM);
	ahead_wait(&job.ahead);
	ck_assert_int_eq(job.thread, 0);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("ahead");
	TCase *const all = tcase_create("all");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(all, works);
	tcase_add_test(all, signals);
	tcase_add_test(all, many);
	tcase_add_test(all, copied);
	tcase_add_test(all, none);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
