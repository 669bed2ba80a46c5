/* SPDX-License-Identifier: MIT */
#include "bundler/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
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

int spawn_move(int descriptor)
{
	if (descriptor < 0)
		return -1;
	const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, SPAWN_OWN);
	const int failure = errno;
	close(descriptor);
	errno = failure;
	return moved;
}

enum pyb_status spawn_pipe(int ends[2], struct pyb_error *error)
{
	int made[2], failure = 0;

	ends[0] = ends[1] = -1;
	if (pipe2(made, O_CLOEXEC) != 0)
		return pipe_error(error, errno);
	for (int i = 0; i < 2; i++) {
		ends[i] = spawn_move(made[i]);
		if (ends[i] < 0)
			failure = errno;
	}
	if (failure == 0)
		return PYB_OK;
	close_both(ends);
	ends[0] = ends[1] = -1;
	return pipe_error(error, failure);
}

/* Between us and the new process. */
struct pipes {
	int report[2]; /* it writes why it could not be started */
	int gate[2];   /* it waits there, if it is traced, until it is let through */
};

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
	for (int i = 0; i < SPAWN_STREAMS && spawn->streams != NULL; i++)
		if (dup2(spawn->streams[i], i) < 0)
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

/* Wait until the parent traces us; if it closes the gate instead, it does not need us. */
static int await_tracer(const int gate[2])
{
	char opened;

	close(gate[1]);
	const ssize_t got = TEMP_FAILURE_RETRY(read(gate[0], &opened, sizeof(opened)));
	if (got == 0)
		_exit(NOT_STARTED);
	return (int)got;
}

/* Signals that cannot be told otherwise stay as they are. */
static void ignore_nothing(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

/* Whatever we were started with ourselves; for kernels before 5.11 one by one. */
static void pass_no_more_on(unsigned first)
{
	enum { LAST = 1 << 16 };

	if (close_range(first, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (unsigned number = first; number < LAST; number++)
		fcntl((int)number, F_SETFD, FD_CLOEXEC);
}

static int fix_layout(void)
{
	const int now = personality(0xffffffff);

	return now < 0 ? -1 : personality((unsigned long)now | ADDR_NO_RANDOMIZE);
}

static void become(const struct spawn *spawn, pid_t parent, const struct pipes *pipes)
{
	if ((spawn->dies_first && die_with(parent) < 0) || (spawn->is_apart && setsid() < 0) ||
	    (spawn->is_traced && await_tracer(pipes->gate) < 0) || place_descriptors(spawn) < 0 ||
	    (spawn->folder != NULL && chdir(spawn->folder) != 0) ||
	    (spawn->is_fixed && fix_layout() < 0))
		return;
	if (spawn->is_plain) {
		ignore_nothing();
		pass_no_more_on(SPAWN_FIRST + (unsigned)spawn->descriptor_count);
	}
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, spawn->mask, NULL);
	execvpe(spawn->argv[0], spawn->argv, spawn->environment);
}

/* --- in ours */

/* Our own memory stays where it is: it is looked at when a program is executed. */
bool spawn_can_fix(void)
{
	const int now = personality(0xffffffff);

	if (now < 0 || personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0)
		return false;
	return personality((unsigned long)now) >= 0;
}

/* Why the program could not be started; 0: it was. */
static int hear(int report)
{
	int failure = 0;
	const ssize_t got = TEMP_FAILURE_RETRY(read(report, &failure, sizeof(failure)));

	return got < 0 ? errno : failure;
}

/*
 * Wait until a process that is traced has executed its program or ended; either is left to be waited
 * for. Signals that come before go their way.
 */
static void await_exec(pid_t child)
{
	const int executed = SIGTRAP | PTRACE_EVENT_EXEC << 8;
	siginfo_t info;

	while (TEMP_FAILURE_RETRY(
		       waitid(P_PID, (id_t)child, &info, WEXITED | WSTOPPED | WNOWAIT)) == 0 &&
	       info.si_code == CLD_TRAPPED && info.si_status != executed) {
		/* A higher number is a stop of the tracer's own. */
		const uintptr_t signal = info.si_status < NSIG ? (uintptr_t)info.si_status : 0;
		if (ptrace(PTRACE_CONT, child, NULL, signal) != 0 && errno != ESRCH)
			return;
	}
}

/* Trace the process that waits at the gate, and let it through. Returns 0 or why that fails. */
static int begin_trace(pid_t child, int gate)
{
	if (ptrace(PTRACE_SEIZE, child, NULL, (uintptr_t)SPAWN_TRACE_OPTIONS) != 0)
		return errno;
	if (TEMP_FAILURE_RETRY(write(gate, "", 1)) != 1)
		return errno;
	await_exec(child);
	return 0;
}

static void end(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	while (TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) == child && WIFSTOPPED(status))
		;
}

static enum pyb_status trace_error(struct pyb_error *error, const char *program, int number)
{
	return pyb_error_set(
		error, PYB_ERR_UNSUPPORTED,
		"cannot trace %s: this machine does not let one process trace another: %s", program,
		strerror(number));
}

static enum pyb_status start_error(struct pyb_error *error, const char *program, int number)
{
	if (number == ENOENT && strchr(program, '/') == NULL)
		return pyb_error_set(error, PYB_ERR_IO,
				     "cannot start %s: there is no such program on PATH", program);
	return pyb_error_set(error, pyb_error_of_system(number), "cannot start %s: %s", program,
			     strerror(number));
}

/* Closes the end of the pipe into which the new process reports. */
static enum pyb_status start(pid_t *pid, const struct spawn *spawn, struct pipes *pipes,
			     struct pyb_error *error)
{
	const pid_t parent = getpid(), child = fork();
	int untraced = 0, failure = 0;

	if (child < 0)
		return start_error(error, spawn->argv[0], errno);
	if (child == 0) {
		become(spawn, parent, pipes);
		const int why = errno;
		_exit(write(pipes->report[1], &why, sizeof(why)) < 0 ? NOT_TOLD : NOT_STARTED);
	}
	close(pipes->report[1]);
	pipes->report[1] = -1;
	if (spawn->is_traced)
		untraced = begin_trace(child, pipes->gate[1]);
	if (untraced == 0)
		failure = hear(pipes->report[0]);
	if (untraced == 0 && failure == 0) {
		*pid = child;
		return PYB_OK;
	}
	/* It may have been started, if what cannot be read is that it was. */
	end(child);
	return untraced != 0 ? trace_error(error, spawn->argv[0], untraced)
			     : start_error(error, spawn->argv[0], failure);
}

enum pyb_status spawn_start(pid_t *pid, const struct spawn *spawn, struct pyb_error *error)
{
	struct pipes pipes = {.gate = {-1, -1}};
	enum pyb_status status = spawn_pipe(pipes.report, error);

	if (status == PYB_OK && spawn->is_traced)
		status = spawn_pipe(pipes.gate, error);
	if (status == PYB_OK)
		status = start(pid, spawn, &pipes, error);
	close_both(pipes.report);
	close_both(pipes.gate);
	return status;
}
