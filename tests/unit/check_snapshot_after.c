/* SPDX-License-Identifier: MIT */
/*
 * What a program does in its second life that needs more of its process than memory: clocks, room to grow,
 * children, another program, libraries. See the table in tests/README.
 */
#include <dlfcn.h>
#include <iconv.h>
#include <pthread.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/reborn.h"

/* --- what was made in the first life */

static _Thread_local unsigned int own = 7;
static int forks;
static bool has_library;
static void *library;

static void count_fork(void)
{
	forks++;
}

static void say_end(void)
{
	puts("exit function");
}

static void live(void)
{
	pthread_atfork(count_fork, count_fork, count_fork);
	library = dlopen("libm.so.6", RTLD_NOW);
	has_library = library != NULL;
	own = 99;
	atexit(say_end);
}

/* --- clocks, by the kernel's shared object and by the kernel */

static int64_t in_milliseconds(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

static void use_clocks(const struct restored *restored)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME,           CLOCK_MONOTONIC,
					   CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
					   CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
					   CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME};
	struct timespec before, by_library, after;
	struct timeval day;
	unsigned int wrong = 0;

	(void)restored;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		syscall(SYS_clock_gettime, clocks[i], &before);
		clock_gettime(clocks[i], &by_library);
		syscall(SYS_clock_gettime, clocks[i], &after);
		wrong += in_milliseconds(&by_library) < in_milliseconds(&before) ||
			 in_milliseconds(&by_library) > in_milliseconds(&after);
	}
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &before);
	gettimeofday(&day, NULL);
	printf("wrong %u day %d time %d cpu %d\n", wrong, day.tv_sec - before.tv_sec < 60,
	       time(NULL) - before.tv_sec < 60, clock() >= 0 && clock() < 60 * CLOCKS_PER_SEC);
}

/* --- memory */

/* glibc looks at the break when its heap has to grow. */
static void use_heap(const struct restored *restored)
{
	size_t sum = 0;

	(void)restored;
	for (size_t i = 0; i < 3000; i++) {
		char *const block = malloc(i * 100 + 1);
		memset(block, 1, i * 100 + 1);
		sum += (size_t)block[i * 100];
		if (i % 3 == 0)
			free(block);
	}
	printf("sum %zu break %d\n", sum, sbrk(0) == (void *)syscall(SYS_brk, 0));
}

static __attribute__((noinline)) unsigned int recurse(unsigned int depth)
{
	volatile char room[1000];

	room[0] = (char)depth;
	return depth == 0 ? 0 : recurse(depth - 1) + 1 + (unsigned int)(room[0] - (char)depth);
}

static void use_stack(const struct restored *restored)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;
	char here;

	(void)restored;
	const unsigned int depth = recurse(6000); /* 6 MB and more of the usual 8 */
	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &low, &size);
	pthread_attr_destroy(&attributes);
	printf("depth %u inside %d\n", depth, &here > (char *)low && &here < (char *)low + size);
}

/* --- children, and another program */

static void use_children(const struct restored *restored)
{
	char name[] = "sh", option[] = "-c", text[] = "exit $((${#PYSTART_CHECK} + 3))";
	char *const arguments[] = {name, option, text, NULL};
	int status;

	(void)restored;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(getpid() == (pid_t)syscall(SYS_gettid) && own == 99 ? 5 : 6);
	waitpid(child, &status, 0);
	printf("child %d forks %d ", WEXITSTATUS(status), forks);
	child = vfork();
	if (child == 0) {
		execv("/bin/sh", arguments);
		_exit(127);
	}
	waitpid(child, &status, 0);
	printf("vfork %d ", WEXITSTATUS(status));
	if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) != 0)
		exit(1);
	waitpid(child, &status, 0);
	printf("spawn %d ", WEXITSTATUS(status));
	fflush(stdout);
	printf("shell %d\n", WEXITSTATUS(system("echo $PYSTART_CHECK; exit 3")));
}

/* It becomes this program, in an ordinary life; what is left of its file of a snapshot is empty. */
static void execute_itself(const struct restored *restored)
{
	char *const *const argv = restored->stack.argv;
	char act[] = "own", empty[] = "/dev/null";
	char *const arguments[] = {argv[0], argv[1], empty, act, argv[4], NULL};

	printf("before ");
	fflush(stdout);
	execv("/proc/self/exe", arguments);
}

static void say_own(const struct restored *restored)
{
	(void)restored;
	printf("own %u library %d\n", own, has_library);
}

/* --- libraries: what was loaded before, and what is now */

static void use_libraries(const struct restored *restored)
{
	double (*root)(double) = NULL;
	char in[] = "\xe4", out[8] = "", *from = in, *to = out;
	size_t left = 1, room = sizeof(out);
	void *const more = dlopen("libresolv.so.2", RTLD_NOW);
	const struct passwd *const user = getpwuid(0);

	(void)restored;
	if (has_library)
		*(void **)&root = dlsym(library, "sqrt");
	const iconv_t conversion = iconv_open("UTF-8", "ISO-8859-1");
	iconv(conversion, &from, &left, &to, &room);
	printf("root %.0f loaded %d user %s text %s\n", root != NULL ? root(49) : 0, more != NULL,
	       user != NULL ? user->pw_name : "-", out);
}

/* --- */

#define AT_EXIT "exit function\n"

static const struct act acts[] = {
	{"clocks", use_clocks, "wrong 0 day 1 time 1 cpu 1\n" AT_EXIT},
	{"heap", use_heap, "sum 3000 break 1\n" AT_EXIT},
	{"stack", use_stack, "depth 6000 inside 1\n" AT_EXIT},
	{"children", use_children, "child 5 forks 2 vfork 9 spawn 9 of now\nshell 3\n" AT_EXIT},
	{"exec", execute_itself, "before own 7 library 0\n"},
	{"own", say_own, "own 99 library 1\n" AT_EXIT},
	{"libraries", use_libraries, "root 7 loaded 1 user root text \xc3\xa4\n" AT_EXIT},
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

static const struct reborn reborn = {"check_snapshot_after", live, acts, ACTS};

int main(int argc, char **argv)
{
	return reborn_main(&reborn, argc, argv);
}
