/* SPDX-License-Identifier: MIT */
#include "bundler/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundler/process/spawn.h"

/*
 * Milliseconds of one wait. No more than that counts if we were stopped meanwhile, and the child was
 * not. The shorter one is for kernels where no descriptor tells that the child has ended.
 */
enum { LONG_WAIT = 1000, SHORT_WAIT = 100 };

enum { NS_PER_MS = 1000000 };

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
	return pyb_error_set(error, pyb_error_of_system(errno), "%s: %s", what, strerror(errno));
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
static enum pyb_status make_file(const struct child_script *script, int *file,
				 struct pyb_error *error)
{
	const size_t size = strlen(script->text);
	const int made = memfd_create(script->name, MFD_CLOEXEC);
	enum pyb_status status = PYB_OK;

	*file = -1;
	if (made >= 0)
		errno = EFBIG; /* why less would be written than asked for */
	if (made >= 0 && TEMP_FAILURE_RETRY(write(made, script->text, size)) == (ssize_t)size &&
	    lseek(made, 0, SEEK_SET) == 0)
		*file = fcntl(made, F_DUPFD_CLOEXEC, SPAWN_OWN);
	if (*file < 0)
		status = system_error(error, "cannot make a file in memory");
	if (made >= 0)
		close(made);
	return status;
}

/* Whatever it does there is nobody any longer to take its answer when we have ended. */
static enum pyb_status spawn_script(struct child *child, char *const argv[],
				    const int descriptors[3], const struct child_manners *manners,
				    struct pyb_error *error)
{
	char **const environment = script_environment(manners->hash_seed);

	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const struct spawn spawn = {
		.argv = argv,
		.environment = environment,
		.mask = &child->mask,
		.descriptors = descriptors,
		.descriptor_count = 3,
		.is_mute = true,
		.is_silent = manners->is_silent,
		.dies_first = true,
		.is_apart = true,
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
	const int64_t passed = now() - begin;
	child->waited += passed < longest * NS_PER_MS ? passed : longest * NS_PER_MS;
	return ready < 0 && errno != EINTR ? -1 : 0;
}

/* The function with which `answer` reads. */
static ssize_t read_some(void *cookie, char *buffer, size_t size)
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

/* Signals that end us are to be seen while we wait. Those that are ignored stay so. */
static enum pyb_status hold_signals(struct child *child, struct pyb_error *error)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action;
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&held, ending[i]);
	child->signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child->signals < 0)
		return system_error(error, "cannot wait for signals");
	sigprocmask(SIG_BLOCK, &held, &child->mask);
	return PYB_OK;
}

static enum pyb_status spawn_with_pipes(struct child *child, char *const argv[], int file,
					const struct child_manners *manners,
					struct pyb_error *error)
{
	int request[2] = {-1, -1}, answer[2] = {-1, -1};
	enum pyb_status status = spawn_pipe(request, error);

	if (status == PYB_OK)
		status = spawn_pipe(answer, error);
	/* What it is asked, its answer, and the script itself. */
	const int descriptors[] = {request[0], answer[1], file};
	if (status == PYB_OK)
		status = spawn_script(child, argv, descriptors, manners, error);
	if (status == PYB_OK) {
		child->request = request[1];
		child->output = answer[0];
		request[1] = answer[0] = -1;
		status = open_answer(child, error);
	}
	close_both(request);
	close_both(answer);
	return status;
}

enum pyb_status child_start(struct child *child, const struct child_script *script,
			    const struct child_manners *manners, const char *python,
			    struct pyb_error *error)
{
	static char *const flags[][3] = {{"-B", "-BO", "-BOO"}, {"-BS", "-BSO", "-BSOO"}};
	char *const argv[] = {(char *)python,
			      flags[manners->without_site][manners->optimize],
			      "-X",
			      "utf8",
			      "-c",
			      "exec(open(5, 'rb').read())",
			      "3",
			      "4",
			      NULL};
	int file;

	*child = (struct child)CHILD_INIT;
	child->seconds = manners->seconds;
	enum pyb_status status = make_file(script, &file, error);
	if (status != PYB_OK)
		return status;
	status = hold_signals(child, error);
	if (status == PYB_OK)
		status = spawn_with_pipes(child, argv, file, manners, error);
	close(file);
	return status;
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
	close_both((const int[]){child->output, child->watch});
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
