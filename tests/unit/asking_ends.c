/* SPDX-License-Identifier: MIT */
/* Other programs that are executed, threads, and ways to end or not to. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/asking.h"

static void execute(void)
{
	char *const argv[] = {(char *)"asking", (char *)"stat_missing", NULL};

	stat_absolute();
	execv("/proc/self/exe", argv);
}

/* A descriptor of a file is passed on, and used there. */
static void execute_with_file(void)
{
	char *const argv[] = {(char *)"asking", (char *)"read_third", NULL};

	if (open(in_folder("file"), O_RDONLY) == 3)
		execv("/proc/self/exe", argv);
}

static void read_third(void)
{
	char byte;

	ignore(read(3, &byte, 1));
	close(3);
}

static void execute_missing(void)
{
	char *const argv[] = {(char *)"x", NULL};

	execv(in_folder("missing"), argv);
}

static void *execute_in_thread(void *unused)
{
	execute();
	return unused;
}

static void execute_from_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, execute_in_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

static void exit_with_seven(void)
{
	_exit(7);
}

static void kill_self(void)
{
	kill(getpid(), SIGTERM);
}

static void crash(void)
{
	abort();
}

static void stop_self(void)
{
	kill(getpid(), SIGSTOP);
	_exit(8);
}

/* Somebody else lets it go on. */
static void stop_for_a_while(void)
{
	if (fork() == 0) {
		usleep(300000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	kill(getpid(), SIGSTOP);
	_exit(9);
}

static void hang(void)
{
	for (;;)
		pause();
}

static void spin(void)
{
	for (;;)
		ignore(getppid());
}

enum { ALARMS = 50 };

static volatile sig_atomic_t alarms;
static pid_t waited_for;

static void count_alarm(int number)
{
	(void)number;
	if (++alarms == ALARMS)
		kill(waited_for, SIGKILL);
}

/* A call that is interrupted often, and goes on by itself. */
static void be_interrupted(void)
{
	const struct sigaction action = {.sa_handler = count_alarm, .sa_flags = SA_RESTART};
	const struct itimerval often = {.it_interval = {.tv_usec = 2000},
					.it_value = {.tv_usec = 2000}};

	waited_for = fork();
	if (waited_for == 0)
		hang();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	_exit(waitpid(waited_for, NULL, 0) == waited_for ? 10 : 11);
}

static void wait_for_child(void)
{
	const pid_t child = fork();

	if (child == 0) {
		stat_absolute();
		ignore(getppid());
		_exit(0);
	}
	ignore(waitpid(child, NULL, 0));
}

/* A child that goes on living. */
static void leave_child(void)
{
	if (fork() == 0) {
		setsid();
		hang();
	}
	_exit(12);
}

static void *end_late(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	_exit(13);
}

static void end_main_thread(void)
{
	static pthread_t main_thread;
	pthread_t thread;

	main_thread = pthread_self();
	if (pthread_create(&thread, NULL, end_late, &main_thread) == 0)
		pthread_exit(NULL);
}

/* Threads that come and go while others do. */
static void *start_thread(void *depth)
{
	const intptr_t left = (intptr_t)depth;
	pthread_t threads[2];

	for (int i = 0; i < 2 && left > 0; i++)
		if (pthread_create(&threads[i], NULL, start_thread, (void *)(left - 1)) != 0)
			_exit(14);
	for (int i = 0; i < 2 && left > 0; i++)
		pthread_join(threads[i], NULL);
	return NULL;
}

static void start_threads(void)
{
	start_thread((void *)4);
	_exit(15);
}

const struct act ending_acts[] = {
	ACT(execute),
	ACT(execute_missing),
	ACT(execute_with_file),
	ACT(read_third),
	ACT(execute_from_thread),
	ACT(exit_with_seven),
	ACT(kill_self),
	ACT(crash),
	ACT(stop_self),
	ACT(stop_for_a_while),
	ACT(hang),
	ACT(spin),
	ACT(be_interrupted),
	ACT(wait_for_child),
	ACT(leave_child),
	ACT(end_main_thread),
	ACT(start_threads),
	{NULL, NULL},
};
