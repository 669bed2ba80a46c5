/* SPDX-License-Identifier: MIT */
#include "bundler/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundler/spawn.h"

enum { LOOK_AGAIN = 100 }; /* milliseconds, where no descriptor tells that the child has ended */

/* Whether a script gets this entry of the environment. */
static bool is_passed_on(const char *entry)
{
	/* These decide where modules are found. All others that Python knows are left out. */
	static const char *const kept[] = {"PYTHONPATH=", "PYTHONHOME=", "PYTHONUSERBASE=",
					   "PYTHONNOUSERSITE=", "PYTHONPLATLIBDIR="};

	if (strncmp(entry, "PYSTART_BUNDLE=", strlen("PYSTART_BUNDLE=")) == 0)
		return false;
	if (strncmp(entry, "PYTHON", strlen("PYTHON")) != 0)
		return true;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strncmp(entry, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

/* The environment of a script. The array is the caller's to free, its strings are not. */
static char **script_environment(const char *hash_seed)
{
	static char no_bundle[] = "PYSTART_BUNDLE=off", fixed_seed[] = "PYTHONHASHSEED=0";
	size_t count = 0, kept = 0;

	while (environ != NULL && environ[count] != NULL)
		count++;
	char **const environment = calloc(count + 3, sizeof(*environment));
	if (environment == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (is_passed_on(environ[i]))
			environment[kept++] = environ[i];
	environment[kept++] = hash_seed == NULL ? fixed_seed : (char *)hash_seed;
	environment[kept] = no_bundle;
	return environment;
}

static enum pyb_status system_error(struct pyb_error *error, const char *what)
{
	return pyb_error_set(error, PYB_ERR_IO, "%s: %s", what, strerror(errno));
}

static void close_both(const int descriptors[2])
{
	for (int i = 0; i < 2; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}

/*
 * A file in memory with the script. As an argument it would be in the messages of a program that is
 * no interpreter.
 */
static int make_file(const struct child_script *script, struct pyb_error *error)
{
	const size_t size = strlen(script->text);
	const int made = memfd_create(script->name, MFD_CLOEXEC);
	int file = -1;

	if (made >= 0)
		errno = EFBIG; /* why less would be written than asked for */
	if (made >= 0 && write(made, script->text, size) == (ssize_t)size &&
	    lseek(made, 0, SEEK_SET) == 0)
		file = fcntl(made, F_DUPFD_CLOEXEC, SPAWN_OWN);
	if (file < 0)
		system_error(error, "cannot make a file in memory");
	if (made >= 0)
		close(made);
	return file;
}

/* Whatever it does there is nobody any longer to take its answer when we have ended. */
static enum pyb_status spawn_script(struct child *child, char *const argv[],
				    const int descriptors[3], const struct child_manners *manners,
				    struct pyb_error *error)
{
	sigset_t mask;
	char **const environment = script_environment(manners->hash_seed);

	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	const struct spawn spawn = {
		.argv = argv,
		.environment = environment,
		.mask = &mask,
		.descriptors = descriptors,
		.descriptor_count = 3,
		.is_mute = true,
		.is_silent = manners->is_silent,
		.dies_first = true,
	};
	const enum pyb_status status = spawn_start(&child->pid, &spawn, error);
	free(environment);
	return status;
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

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long to wait for anything to happen, as poll() takes it. */
static int patience(const struct child *child)
{
	const int longest = child->watch < 0 ? LOOK_AGAIN : -1;

	if (child->deadline == 0 || child->is_late)
		return longest;
	const int64_t left = child->deadline - now_ms();
	if (left <= 0)
		return 0;
	return longest >= 0 && left > longest ? longest : (int)left;
}

static void heed_deadline(struct child *child)
{
	if (child->deadline == 0 || child->is_late || now_ms() < child->deadline)
		return;
	child->is_late = true;
	kill(child->pid, SIGKILL);
}

/* The function with which `answer` reads. */
static ssize_t read_some(void *cookie, char *buffer, size_t size)
{
	struct child *const child = cookie;

	for (;;) {
		struct pollfd watched[] = {
			{.fd = child->output, .events = POLLIN},
			{.fd = child->request, .events = POLLOUT},
			{.fd = child->watch, .events = POLLIN},
		};
		if (poll(watched, sizeof(watched) / sizeof(watched[0]), patience(child)) < 0 &&
		    errno != EINTR)
			return -1;
		heed_deadline(child);
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
}

static enum pyb_status open_answer(struct child *child, struct pyb_error *error)
{
	if (fcntl(child->request, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(child->output, F_SETFL, O_NONBLOCK) != 0)
		return system_error(error, "cannot read from the interpreter");
	child->watch = (int)syscall(SYS_pidfd_open, child->pid, 0);
	child->answer = fopencookie(child, "rb", (cookie_io_functions_t){.read = read_some});
	if (child->answer == NULL)
		return system_error(error, "cannot read from the interpreter");
	return PYB_OK;
}

enum pyb_status child_start_with(struct child *child, const struct child_script *script,
				 const struct child_manners *manners, const char *python,
				 int optimize, struct pyb_error *error)
{
	static char *const flags[][3] = {{"-B", "-BO", "-BOO"}, {"-BS", "-BSO", "-BSOO"}};
	char *const argv[] = {(char *)python,
			      flags[manners->without_site][optimize],
			      "-X",
			      "utf8",
			      "-c",
			      "exec(open(5, 'rb').read())",
			      "3",
			      "4",
			      NULL};
	int request[2] = {-1, -1}, answer[2] = {-1, -1};
	enum pyb_status status;

	*child = (struct child)CHILD_INIT;
	const int file = make_file(script, error);
	status = file < 0 ? PYB_ERR_IO : spawn_pipe(request, error);
	if (status == PYB_OK)
		status = spawn_pipe(answer, error);
	/* What it is asked, its answer, and the script itself. */
	const int descriptors[] = {request[0], answer[1], file};
	if (status == PYB_OK)
		status = spawn_script(child, argv, descriptors, manners, error);
	if (status == PYB_OK) {
		child->request = request[1];
		child->output = answer[0];
		child->deadline = manners->seconds > 0 ? now_ms() + manners->seconds * 1000 : 0;
		request[1] = answer[0] = -1;
		status = open_answer(child, error);
	}
	close_both(request);
	close_both(answer);
	if (file >= 0)
		close(file);
	return status;
}

enum pyb_status child_start(struct child *child, const struct child_script *script,
			    const char *python, int optimize, struct pyb_error *error)
{
	const struct child_manners manners = {0};

	return child_start_with(child, script, &manners, python, optimize, error);
}

void child_send(struct child *child, const void *data, size_t size)
{
	child->unsent = data;
	child->unsent_size = size;
}

static enum pyb_status wait_for(pid_t pid, int *wait_status, struct pyb_error *error)
{
	while (waitpid(pid, wait_status, 0) < 0)
		if (errno != EINTR)
			return system_error(error, "cannot wait for the interpreter");
	return PYB_OK;
}

enum pyb_status child_finish(struct child *child, int *wait_status, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*wait_status = 0;
	if (child->deadline != 0 && child->pid > 0)
		kill(child->pid, SIGKILL);
	close_request(child);
	if (child->answer != NULL)
		fclose(child->answer);
	close_both((const int[]){child->output, child->watch});
	if (child->pid > 0)
		status = wait_for(child->pid, wait_status, error);
	*child = (struct child)CHILD_INIT;
	return status;
}

/* Wait for the end of the child; pass requests to terminate on to it. */
static enum pyb_status wait_and_forward(pid_t pid, const sigset_t *awaited, int *wait_status,
					struct pyb_error *error)
{
	for (;;) {
		const int signal_number = sigwaitinfo(awaited, NULL);
		const pid_t ended = waitpid(pid, wait_status, WNOHANG);

		if (ended == pid)
			return PYB_OK;
		if (ended < 0 && errno != EINTR)
			return system_error(error, "cannot wait for the program");
		if (signal_number == SIGTERM || signal_number == SIGHUP)
			kill(pid, signal_number);
	}
}

enum pyb_status child_run(char *const argv[], int *wait_status, struct pyb_error *error)
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
