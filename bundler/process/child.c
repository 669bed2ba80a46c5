/* SPDX-License-Identifier: MIT */
/* A child that runs: what it is sent, what it answers, how long it takes, how it ends. */
#include "bundler/process/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundler/process/child_parts.h"

/*
 * Milliseconds of one wait. No more than that counts if we were stopped meanwhile, and the child was
 * not. The shorter one is for kernels where no descriptor tells that the child has ended.
 */
enum { LONG_WAIT = 1000, SHORT_WAIT = 100 };

enum { NS_PER_MS = 1000000 };

void child_close_both(const int descriptors[2])
{
	for (int i = 0; i < 2; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}

static void close_request(struct child *child)
{
	if (child->request >= 0)
		close(child->request);
	child->request = -1;
}

/* Write what the child takes now. Returns -1, with errno set, if that fails. */
static int send_some(struct child *child)
{
	const ssize_t sent = write(child->request, child->unsent, child->unsent_size);

	if (sent < 0 && errno != EPIPE)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (sent >= 0) {
		child->unsent += sent;
		child->unsent_size -= (size_t)sent;
	}
	if (sent < 0 || child->unsent_size == 0)
		close_request(child);
	return 0;
}

/* Whether the child has ended; it is still to be waited for. */
static bool has_ended(const struct child *child)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno != EINTR;
	return info.si_pid == child->pid;
}

static int64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* Nanoseconds that it may still take. */
static int64_t time_left(const struct child *child)
{
	return (int64_t)child->seconds * 1000 * NS_PER_MS - child->waited;
}

/* End it, and whatever it has started in its group. */
static void end_group(const struct child *child)
{
	kill(-child->pid, SIGKILL);
}

/* Somebody wants us to end. The signal comes as soon as it is let in. */
static void be_interrupted(struct child *child)
{
	end_group(child);
	sigprocmask(SIG_SETMASK, &child->mask, NULL);
	errno = EINTR;
}

/* Wait until something happens. Returns -1 with errno set if the child is not to be waited for. */
static int wait_some(struct child *child, struct pollfd *watched, nfds_t count)
{
	const int64_t longest = child->watch < 0 ? SHORT_WAIT : LONG_WAIT;
	const int64_t begin = now();
	int64_t milliseconds = longest;

	if (child->seconds > 0 && time_left(child) <= 0) {
		child->is_late = true;
		end_group(child);
		return 0;
	}
	if (child->seconds > 0 && time_left(child) / NS_PER_MS < longest)
		milliseconds = time_left(child) / NS_PER_MS + 1;
	const int ready = poll(watched, count, (int)milliseconds);
	const bool has_failed = ready < 0 && errno != EINTR;
	const int64_t passed = now() - begin;
	child->waited += passed < longest * NS_PER_MS ? passed : longest * NS_PER_MS;
	return has_failed ? -1 : 0;
}

ssize_t child_read(void *cookie, char *buffer, size_t size)
{
	struct child *const child = cookie;

	while (!child->is_late) {
		struct pollfd watched[] = {
			{.fd = child->output, .events = POLLIN},
			{.fd = child->request, .events = POLLOUT},
			{.fd = child->watch, .events = POLLIN},
			{.fd = child->signals, .events = POLLIN},
		};
		if (wait_some(child, watched, sizeof(watched) / sizeof(watched[0])) != 0)
			return -1;
		if (watched[3].revents != 0) {
			be_interrupted(child);
			return -1;
		}
		if (watched[1].revents != 0 && send_some(child) != 0)
			return -1;
		/* Asked for before the read: what it wrote before it ended is then there. */
		const bool ended = has_ended(child);
		const ssize_t got = read(child->output, buffer, size);
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			return got;
		if (ended && errno == EAGAIN)
			return 0;
	}
	return 0;
}

void child_send(struct child *child, const void *data, size_t size)
{
	child->unsent = data;
	child->unsent_size = size;
}

void child_progress(struct child *child)
{
	child->waited = 0;
}

/* One that has no more to say is about to end. */
static void await_end(struct child *child)
{
	while (!child->is_late && !has_ended(child)) {
		struct pollfd watched[] = {
			{.fd = child->watch, .events = POLLIN},
			{.fd = child->signals, .events = POLLIN},
		};
		if (wait_some(child, watched, sizeof(watched) / sizeof(watched[0])) != 0)
			return;
		if (watched[1].revents != 0) {
			be_interrupted(child);
			return;
		}
	}
}

static void end_child(struct child *child, bool is_done, struct child_end *end)
{
	if (!is_done && child->answer != NULL && feof(child->answer))
		await_end(child);
	end->was_stopped = !has_ended(child);
	end->is_late = child->is_late;
	/* Before it is waited for: until then nobody else can get its number. */
	end_group(child);
	do
		end->is_known = waitpid(child->pid, &end->wait_status, 0) == child->pid;
	while (!end->is_known && errno == EINTR);
}

void child_finish(struct child *child, bool is_done, struct child_end *end)
{
	*end = (struct child_end){.seconds = child->seconds};
	if (child->pid > 0)
		end_child(child, is_done, end);
	close_request(child);
	if (child->answer != NULL)
		fclose(child->answer);
	child_close_both((const int[]){child->output, child->watch});
	if (child->signals >= 0) {
		close(child->signals);
		sigprocmask(SIG_SETMASK, &child->mask, NULL);
	}
	*child = (struct child)CHILD_INIT;
}

bool child_describe(const struct child_end *end, char *text, size_t size)
{
	const int status = end->wait_status;
	int length = 0;

	if (!end->is_known || end->is_late || end->was_stopped)
		return false;
	/* SIGPIPE is what it gets from us for going on after a mistake. */
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
		length = snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status),
				  strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		length = snprintf(text, size, "failed with exit status %d", WEXITSTATUS(status));
	return length > 0;
}
