/* SPDX-License-Identifier: MIT */
/*
 * Run a command once, its output thrown away, and print what it cost:
 *
 *	measure COMMAND [ARGUMENT...]
 *	wall_ns cpu_us minor_faults major_faults peak_kib exit_status
 *
 * A program of its own because the kernel counts the parent's memory at the time of exec into the
 * child's peak: the parent has to be smaller than anything that is measured. For the same reason
 * it must not be sanitized.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { FAILURE = 125, SIGNALLED = 128 };

static int fail(const char *what, int error)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(error));
	return FAILURE;
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t to_us(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

/* Standard input is empty, standard output and standard error go nowhere. */
static int redirect(posix_spawn_file_actions_t *actions)
{
	int error = posix_spawn_file_actions_init(actions);
	for (int fd = 0; error == 0 && fd <= 2; fd++)
		error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
	return error;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t child;
	int status;
	if (argc < 2) {
		fputs("usage: measure COMMAND [ARGUMENT...]\n", stderr);
		return FAILURE;
	}
	int error = redirect(&actions);
	if (error != 0)
		return fail("preparation", error);
	const int64_t start = now_ns();
	error = posix_spawnp(&child, argv[1], &actions, NULL, argv + 1, environ);
	if (error != 0)
		return fail(argv[1], error);
	while (wait4(child, &status, 0, &usage) < 0) {
		if (errno != EINTR)
			return fail("wait4", errno);
	}
	const int64_t wall = now_ns() - start;
	printf("%" PRId64 " %" PRId64 " %ld %ld %ld %d\n", wall,
	       to_us(usage.ru_utime) + to_us(usage.ru_stime), usage.ru_minflt, usage.ru_majflt,
	       usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status));
	return fflush(stdout) == 0 ? EXIT_SUCCESS : fail("standard output", errno);
}
