/* SPDX-License-Identifier: MIT */
#include "bundler/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_TOLD = 126, NOT_STARTED = 127 };

static void close_both(const int descriptors[2])
{
	for (int i = 0; i < 2; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}

static enum pyb_status pipe_error(struct pyb_error *error, int number)
{
	return pyb_error_set(error, pyb_error_of_system(number), "cannot make a pipe: %s",
			     strerror(number));
}

enum pyb_status spawn_pipe(int ends[2], struct pyb_error *error)
{
	int made[2], failure = 0;

	ends[0] = ends[1] = -1;
	if (pipe2(made, O_CLOEXEC) != 0)
		return pipe_error(error, errno);
	for (int i = 0; i < 2 && failure == 0; i++) {
		ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, SPAWN_OWN);
		if (ends[i] < 0)
			failure = errno;
	}
	close_both(made);
	if (failure == 0)
		return PYB_OK;
	close_both(ends);
	ends[0] = ends[1] = -1;
	return pipe_error(error, failure);
}

/* --- in the new process; these return a negative value, with errno set, on failure */

static int open_nothing(int target, int flags)
{
	const int opened = (int)TEMP_FAILURE_RETRY(open("/dev/null", flags));

	if (opened < 0 || opened == target)
		return opened;
	const int placed = dup2(opened, target);
	close(opened);
	return placed;
}

static int place_descriptors(const struct spawn *spawn)
{
	for (size_t i = 0; i < spawn->descriptor_count; i++)
		if (dup2(spawn->descriptors[i], SPAWN_FIRST + (int)i) < 0)
			return -1;
	if (spawn->is_mute &&
	    (open_nothing(STDIN_FILENO, O_RDONLY) < 0 || open_nothing(STDOUT_FILENO, O_WRONLY) < 0))
		return -1;
	return spawn->is_silent ? open_nothing(STDERR_FILENO, O_WRONLY) : 0;
}

/* The parent may have ended before it was asked to take us with it. */
static int die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -1;
	if (getppid() != parent)
		_exit(NOT_STARTED);
	return 0;
}

static void become(const struct spawn *spawn, pid_t parent)
{
	if ((spawn->dies_first && die_with(parent) < 0) || (spawn->is_apart && setsid() < 0) ||
	    place_descriptors(spawn) < 0)
		return;
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, spawn->mask, NULL);
	execvpe(spawn->argv[0], spawn->argv, spawn->environment);
}

/* --- in ours */

/* Why the program could not be started; 0: it was. */
static int hear(int report)
{
	int failure = 0;
	const ssize_t got = TEMP_FAILURE_RETRY(read(report, &failure, sizeof(failure)));

	return got < 0 ? errno : failure;
}

/* Closes the end of the pipe into which the new process reports. */
static int start(pid_t *pid, const struct spawn *spawn, int report[2])
{
	const pid_t parent = getpid(), child = fork();

	if (child < 0)
		return errno;
	if (child == 0) {
		become(spawn, parent);
		const int why = errno;
		_exit(write(report[1], &why, sizeof(why)) < 0 ? NOT_TOLD : NOT_STARTED);
	}
	close(report[1]);
	report[1] = -1;
	const int failure = hear(report[0]);
	if (failure == 0) {
		*pid = child;
		return 0;
	}
	/* It may have been started, if what cannot be read is that it was. */
	kill(child, SIGKILL);
	(void)TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
	return failure;
}

enum pyb_status spawn_start(pid_t *pid, const struct spawn *spawn, struct pyb_error *error)
{
	int report[2];
	enum pyb_status status = spawn_pipe(report, error);

	if (status != PYB_OK)
		return status;
	const int failure = start(pid, spawn, report);
	close_both(report);
	if (failure == ENOENT && strchr(spawn->argv[0], '/') == NULL)
		return pyb_error_set(error, PYB_ERR_IO,
				     "cannot start %s: there is no such program on PATH",
				     spawn->argv[0]);
	if (failure != 0)
		status = pyb_error_set(error, pyb_error_of_system(failure), "cannot start %s: %s",
				       spawn->argv[0], strerror(failure));
	return status;
}
