/* SPDX-License-Identifier: MIT */
#include "bundler/process/foreground.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundler/process/spawn.h"

/* Wait for the end of the child; pass requests to terminate on to it. */
static enum pyb_status wait_and_forward(pid_t pid, const sigset_t *awaited, int *wait_status,
					struct pyb_error *error)
{
	for (;;) {
		const int signal_number = sigwaitinfo(awaited, NULL);
		const pid_t ended = (pid_t)TEMP_FAILURE_RETRY(waitpid(pid, wait_status, WNOHANG));

		if (ended == pid)
			return PYB_OK;
		if (ended < 0)
			return pyb_error_set(error, PYB_ERR_IO, "cannot wait for the program: %s",
					     strerror(errno));
		if (signal_number == SIGTERM || signal_number == SIGHUP)
			kill(pid, signal_number);
	}
}

enum pyb_status foreground_run(char *const argv[], int *wait_status, struct pyb_error *error)
{
	sigset_t blocked, before;
	enum pyb_status status;
	pid_t pid;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGQUIT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	const struct spawn spawn = {.argv = argv, .environment = environ, .mask = &before};
	status = spawn_start(&pid, &spawn, error);
	if (status == PYB_OK)
		status = wait_and_forward(pid, &blocked, wait_status, error);
	/* An interrupt that was meant for the program must not end us now. */
	const struct timespec at_once = {0, 0};
	while (sigtimedwait(&blocked, NULL, &at_once) > 0)
		continue;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
