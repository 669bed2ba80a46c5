/* SPDX-License-Identifier: MIT */
/*
 * Threads in a second life, and what the kernel or the C library knows of them: locks, restartable sequences,
 * timers, stacks, signals. See the table in tests/README.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/reborn.h"

/* --- what was made in the first life */

enum { PLAIN, RECURSIVE, CHECKED, INHERITING, ROBUST, MUTEXES };

static pthread_mutex_t mutexes[MUTEXES];
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local unsigned int own = 7;
static int ends_of_values, onces;

static void count_once(void)
{
	onces++;
}

static void count_end(void *value)
{
	(void)value;
	ends_of_values++;
}

static void make_mutexes(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutex_init(&mutexes[PLAIN], &attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutexes[RECURSIVE], &attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutexes[CHECKED], &attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&mutexes[INHERITING], &attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_NONE);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&mutexes[ROBUST], &attributes);
	for (int i = 0; i < MUTEXES; i++) {
		pthread_mutex_lock(&mutexes[i]);
		pthread_mutex_unlock(&mutexes[i]);
	}
}

static void live(void)
{
	make_mutexes();
	pthread_key_create(&key, count_end);
	pthread_setspecific(key, &own);
	pthread_once(&once, count_once);
	own = 99;
}

/* --- threads */

static void *answer(void *argument)
{
	void *const block = malloc(100000);

	pthread_mutex_lock(&mutexes[PLAIN]);
	pthread_mutex_unlock(&mutexes[PLAIN]);
	free(block);
	own += *(const unsigned int *)argument;
	pthread_setspecific(key, &own);
	return (void *)(uintptr_t)own; /* NOLINT(performance-no-int-to-ptr) */
}

static void *in_thread(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, function, argument) != 0)
		exit(1);
	pthread_join(thread, &result);
	return result;
}

/* Thread-local variables begin as in the program's file, and have ends. */
static void use_threads(const struct restored *restored)
{
	unsigned int numbers[8];
	pthread_t threads[8];
	uintptr_t sum = 0;
	void *result;

	(void)restored;
	for (unsigned int i = 0; i < 8; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, answer, &numbers[i]) != 0)
			exit(1);
	}
	for (unsigned int i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		sum += (uintptr_t)result;
	}
	pthread_once(&once, count_once);
	printf("sum %lu own %u ends %d onces %d value %d\n", (unsigned long)sum, own,
	       ends_of_values, onces, pthread_getspecific(key) == &own);
}

static void *wait_for_turn(void *turn)
{
	pthread_mutex_lock(&mutexes[PLAIN]);
	while (*(int *)turn != 1)
		pthread_cond_wait(&condition, &mutexes[PLAIN]);
	*(int *)turn = 2;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutexes[PLAIN]);
	return NULL;
}

static void use_condition(const struct restored *restored)
{
	pthread_t thread;
	int turn = 0;

	(void)restored;
	pthread_create(&thread, NULL, wait_for_turn, &turn);
	pthread_mutex_lock(&mutexes[PLAIN]);
	turn = 1;
	pthread_cond_broadcast(&condition);
	while (turn != 2)
		pthread_cond_wait(&condition, &mutexes[PLAIN]);
	pthread_mutex_unlock(&mutexes[PLAIN]);
	pthread_join(thread, NULL);
	puts("both had a turn");
}

/* Some kinds know their owner by the thread's number, which is another one now. */
static void use_mutexes(const struct restored *restored)
{
	(void)restored;
	for (int i = PLAIN; i < MUTEXES; i++)
		printf("%d ", pthread_mutex_lock(&mutexes[i]));
	printf("again %d ", pthread_mutex_lock(&mutexes[RECURSIVE]) != 0);
	for (int i = CHECKED; i < MUTEXES; i++)
		printf("%d ", pthread_mutex_lock(&mutexes[i]) == EDEADLK);
	pthread_mutex_unlock(&mutexes[RECURSIVE]);
	for (int i = PLAIN; i < MUTEXES; i++)
		printf("%d ", pthread_mutex_unlock(&mutexes[i]));
	puts("unlocked");
}

static void *lock_and_end(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

/* The kernel unlocks what a thread, or a process, has locked when it ends. */
static void use_robust_mutex(const struct restored *restored)
{
	pthread_mutex_t *const shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attributes;

	(void)restored;
	in_thread(lock_and_end, &mutexes[ROBUST]);
	printf("thread %d ", pthread_mutex_lock(&mutexes[ROBUST]) == EOWNERDEAD);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(shared, &attributes);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		pthread_mutex_lock(shared);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	printf("child %d\n", pthread_mutex_lock(shared) == EOWNERDEAD);
}

/* Of the main thread itself: the list that the kernel was told of is its own. */
static void end_with_robust_mutex(const struct restored *restored)
{
	const void *head = NULL;
	size_t size = 0;

	(void)restored;
	pthread_mutex_lock(&mutexes[ROBUST]);
	syscall(SYS_get_robust_list, 0, &head, &size);
	/* An empty list leads to itself. */
	printf("size %zu holds %d\n", size, *(void *const *)head != head);
	pthread_mutex_unlock(&mutexes[ROBUST]);
}

/* --- the processor that it runs on, as the kernel tells in the area of restartable sequences */

static void use_rseq(const struct restored *restored)
{
	const struct rseq *const area =
		(const void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	cpu_set_t all, one;
	unsigned int wrong = 0, cpu = 0;

	(void)restored;
	sched_getaffinity(0, sizeof(all), &all);
	for (size_t i = 0; i < CPU_SETSIZE && __rseq_size > 0; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		sched_setaffinity(0, sizeof(one), &one);
		syscall(SYS_getcpu, &cpu, NULL, NULL);
		wrong += area->cpu_id != cpu || sched_getcpu() != (int)cpu;
	}
	printf("wrong %u\n", wrong);
}

/* --- a timer that starts a thread */

static void tell_thread(union sigval value)
{
	pthread_mutex_lock(&mutexes[PLAIN]);
	*(int *)value.sival_ptr = 2;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutexes[PLAIN]);
}

/* The C library keeps one that waits for it, and makes that now. */
static void use_timer(const struct restored *restored)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
	int turn = 0;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_ptr = &turn};
	timer_t timer;

	(void)restored;
	event.sigev_notify_function = tell_thread;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
	    timer_settime(timer, 0, &soon, NULL) != 0)
		exit(1);
	pthread_mutex_lock(&mutexes[PLAIN]);
	while (turn != 2)
		pthread_cond_wait(&condition, &mutexes[PLAIN]);
	pthread_mutex_unlock(&mutexes[PLAIN]);
	timer_delete(timer);
	puts("told");
}

/* --- what is at the end of a stack */

static __attribute__((noinline)) unsigned int recurse(unsigned int depth)
{
	volatile char room[1000];

	room[0] = (char)depth;
	return depth == 0 ? 0 : recurse(depth - 1) + 1 + (unsigned int)(room[0] - (char)depth);
}

static sigjmp_buf way_out;

static void get_out(int number)
{
	siglongjmp(way_out, number);
}

/* Whether it ends in a signal, for which there is another stack. */
static int overflow(void)
{
	const int number = sigsetjmp(way_out, 1);

	if (number == 0)
		recurse(1U << 30);
	return number;
}

static void *overflow_in_thread(void *number)
{
	static char room[64 << 10];
	const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};

	sigaltstack(&stack, NULL);
	*(int *)number = overflow();
	return NULL;
}

/* There is something inaccessible at the end of each stack. */
static void use_too_much_stack(const struct restored *restored)
{
	static char room[64 << 10];
	const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
	const struct sigaction action = {.sa_handler = get_out, .sa_flags = SA_ONSTACK};
	int number = 0;

	(void)restored;
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	in_thread(overflow_in_thread, &number);
	printf("main %d thread %d\n", overflow() == SIGSEGV, number == SIGSEGV);
}

/* --- signals */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void *send_signal(void *thread)
{
	pthread_kill(*(pthread_t *)thread, SIGUSR1);
	return NULL;
}

static void use_signals(const struct restored *restored)
{
	static char room[64 << 10];
	const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
	const struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_ONSTACK};
	pthread_t self = pthread_self();

	(void)restored;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&stack, NULL);
	raise(SIGUSR1);
	in_thread(send_signal, &self);
	printf("signals %d\n", (int)signals);
}

/* --- */

static const struct act acts[] = {
	{"threads", use_threads, "sum 84 own 99 ends 8 onces 1 value 1\n"},
	{"condition", use_condition, "both had a turn\n"},
	{"mutexes", use_mutexes, "0 0 0 0 0 again 0 1 1 1 0 0 0 0 0 unlocked\n"},
	{"robust", use_robust_mutex, "thread 1 child 1\n"},
	{"robust main", end_with_robust_mutex, "size 24 holds 1\n"},
	{"rseq", use_rseq, "wrong 0\n"},
	{"timer", use_timer, "told\n"},
	{"overflow", use_too_much_stack, "main 1 thread 1\n"},
	{"signals", use_signals, "signals 3\n"},
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

static const struct reborn reborn = {"check_snapshot_threads", live, acts, ACTS};

int main(int argc, char **argv)
{
	return reborn_main(&reborn, argc, argv);
}
