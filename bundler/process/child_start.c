/* SPDX-License-Identifier: MIT */
/* How a child is started: its environment, its script, its pipes, and what becomes of our signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bundler/process/child_parts.h"
#include "bundler/process/spawn.h"

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

/*
 * A file in memory with the script. As an argument it would be in the messages of a program that is
 * no interpreter.
 */
enum pyb_status child_script_file(const struct child_script *script, int *file,
				  struct pyb_error *error)
{
	const size_t size = strlen(script->text);

	*file = spawn_move(memfd_create(script->name, MFD_CLOEXEC));
	if (*file >= 0)
		errno = EFBIG; /* why less would be written than asked for */
	if (*file >= 0 && TEMP_FAILURE_RETRY(write(*file, script->text, size)) == (ssize_t)size &&
	    lseek(*file, 0, SEEK_SET) == 0)
		return PYB_OK;
	const enum pyb_status status = system_error(error, "cannot make a file in memory");
	if (*file >= 0)
		close(*file);
	*file = -1;
	return status;
}

static enum pyb_status open_answer(struct child *child, struct pyb_error *error)
{
	if (fcntl(child->request, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(child->output, F_SETFL, O_NONBLOCK) != 0)
		return system_error(error, "cannot read from the interpreter");
	child->watch = (int)syscall(SYS_pidfd_open, child->pid, 0);
	child->answer = fopencookie(child, "rb", (cookie_io_functions_t){.read = child_read});
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

/* Start it with pipes and a file as its first descriptors. */
static enum pyb_status spawn_with_pipes(struct child *child, struct spawn *spawn, int file,
					struct pyb_error *error)
{
	int request[2] = {-1, -1}, answer[2] = {-1, -1};
	enum pyb_status status = spawn_pipe(request, error);

	if (status == PYB_OK)
		status = spawn_pipe(answer, error);
	const int descriptors[] = {request[0], answer[1], file};
	spawn->descriptors = descriptors;
	spawn->descriptor_count = sizeof(descriptors) / sizeof(descriptors[0]);
	if (status == PYB_OK)
		status = spawn_start(&child->pid, spawn, error);
	spawn->descriptors = NULL;
	if (status == PYB_OK) {
		child->request = request[1];
		child->output = answer[0];
		request[1] = answer[0] = -1;
		status = open_answer(child, error);
	}
	child_close_both(request);
	child_close_both(answer);
	return status;
}

/* Whatever it does there is nobody any longer to take its answer when we have ended. */
static enum pyb_status start(struct child *child, struct spawn *spawn, int file, int seconds,
			     struct pyb_error *error)
{
	sigset_t nothing;

	sigemptyset(&nothing);
	*child = (struct child)CHILD_INIT;
	child->seconds = seconds;
	spawn->mask = spawn->is_plain ? &nothing : &child->mask;
	spawn->is_mute = spawn->streams == NULL;
	spawn->dies_first = true;
	spawn->is_apart = true;
	enum pyb_status status = hold_signals(child, error);
	if (status == PYB_OK)
		status = spawn_with_pipes(child, spawn, file, error);
	spawn->mask = NULL;
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
	enum pyb_status status = child_script_file(script, &file, error);
	if (status != PYB_OK)
		return status;
	char **const environment = script_environment(manners->hash_seed);
	struct spawn spawn = {
		.argv = argv, .environment = environment, .is_silent = manners->is_silent};
	status = environment == NULL ? pyb_error_set(error, PYB_ERR_MEMORY, "out of memory")
				     : start(child, &spawn, file, manners->seconds, error);
	free(environment);
	close(file);
	return status;
}

enum pyb_status child_start_program(struct child *child, const struct child_program *program,
				    struct pyb_error *error)
{
	struct spawn spawn = {
		.argv = program->argv,
		.environment = program->environment,
		.folder = program->folder,
		.streams = program->streams,
		.is_silent = program->streams == NULL,
		.is_plain = program->is_plain,
	};

	return start(child, &spawn, program->file, program->seconds, error);
}
