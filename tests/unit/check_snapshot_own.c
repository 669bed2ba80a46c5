/* SPDX-License-Identifier: MIT */
/*
 * What must be the new process's, whatever the snapshot was made with: all that the kernel tells of a process is the
 * same for one that goes on with a snapshot as for an ordinary one. Processes are prepared, one after the
 * other, with each thing that a process can be given. See the table in tests/README.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/own_given.h"
#include "tests/unit/own_state.h"
#include "tests/unit/reborn.h"

/* --- the first life: in each thing it differs from the processes that go on with its memory */

static bool prepare_first_life(void)
{
	const struct rlimit limit = {100, 200};

	setsid();
	umask(031);
	(void)!chdir("/usr");
	(void)!nice(3);
	setrlimit(RLIMIT_NOFILE, &limit);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 60000);
	prctl(PR_SET_PDEATHSIG, SIGUSR2);
	return true;
}

static void handle(int number)
{
	(void)number;
}

static void live(void)
{
	prctl(PR_SET_NAME, "first life");
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_DUMPABLE, 1); /* or /proc/self is not its own */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGUSR1, handle);
	setenv("FIRST_LIFE", "1", 1);
	umask(017);
	(void)!chdir("/");
}

static bool nothing(void)
{
	return true;
}

/* --- */

static const struct act acts[] = {{"state", own_state_say, NULL}};
static const struct reborn reborn = {"check_snapshot_own", live, acts, 1};

/* The first line that differs; both texts are too long for a message. */
static void expect_equal(const char *ordinary, const char *restored)
{
	while (*ordinary != '\0' || *restored != '\0') {
		const int size = (int)strcspn(ordinary, "\n");
		const int other = (int)strcspn(restored, "\n");
		ck_assert_msg(size == other && memcmp(ordinary, restored, (size_t)size) == 0,
			      "'%.*s', with a snapshot '%.*s'", size < 1000 ? size : 1000, ordinary,
			      other < 1000 ? other : 1000, restored);
		ordinary += size + (ordinary[size] == '\n');
		restored += other + (restored[other] == '\n');
	}
}

static void expect_same(reborn_preparation *prepare, const char *ordinary)
{
	static char restored[REBORN_SAID];

	reborn_make(&reborn, prepare_first_life);
	const int status = reborn_start(&reborn, "state", prepare, restored);
	reborn_forget();
	expect_equal(ordinary, restored);
	ck_assert_int_eq(status, REBORN_RESTORED);
}

START_TEST(nothing_is_the_first_life_s)
{
	static char ordinary[REBORN_SAID];

	ck_assert_int_eq(reborn_start(&reborn, "state", nothing, ordinary), REBORN_RESTORED);
	ck_assert_ptr_null(strstr(ordinary, "first"));
	expect_same(nothing, ordinary);
}
END_TEST

/* What it was given can be told, or this would be no test of it. */
START_TEST(it_is_the_new_process_s)
{
	static char usual[REBORN_SAID], ordinary[REBORN_SAID];

	reborn_start(&reborn, "state", nothing, usual);
	const int status = reborn_start(&reborn, "state", own_given[_i].prepare, ordinary);
	if (status == REBORN_UNPREPARED) {
		reborn_forget();
		return;
	}
	ck_assert_int_eq(status, REBORN_RESTORED);
	ck_assert_msg(strcmp(usual, ordinary) != 0, "%s: nothing shows it", own_given[_i].text);
	expect_same(own_given[_i].prepare, ordinary);
}
END_TEST

int main(int argc, char **argv)
{
	int status;

	if (reborn_is_other(&reborn, argc, argv, &status))
		return status;
	Suite *const suite = suite_create("snapshot_own");
	TCase *const cases = tcase_create("own");
	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, nothing_is_the_first_life_s);
	tcase_add_loop_test(cases, it_is_the_new_process_s, 0, (int)own_given_count);
	suite_add_tcase(suite, cases);
	return reborn_run(suite);
}
