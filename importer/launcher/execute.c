/* SPDX-License-Identifier: MIT */
#include "importer/launcher/execute.h"

#include <errno.h>

#include "importer/launcher/interpreter.h"
#include "importer/launcher/message.h"
#include "importer/launcher/system.h"
#include "importer/launcher/text.h"

/* Exit statuses as a shell gives them. */
enum {
	STATUS_CANNOT_EXECUTE = 126,
	STATUS_NOT_FOUND = 127,
};

/* execve() wants writable strings, but writes to none. */
static char *argument(const char *text)
{
	return (char *)(uintptr_t)text;
}

size_t execute_argument_slots(const struct execution *execution)
{
	return execution->surroundings->argument_count + execution->entry->count + 2;
}

void execute_build_arguments(const struct execution *execution, char **argv)
{
	char *const *const given = execution->surroundings->argv;
	const size_t count = execution->surroundings->argument_count;
	const struct options *const options = execution->options;
	const struct entry *const entry = execution->entry;
	size_t n = 0;
	size_t i = 1;

	argv[n++] = argument(execution->interpreter);
	if (entry->count > 0) {
		for (; i < options->end; i++)
			argv[n++] = given[i];
		for (size_t k = 0; k < entry->count; k++)
			argv[n++] = argument(entry->arguments[k]);
		if (options->positional)
			i = options->rest + 1;
	}
	for (; i < count; i++)
		argv[n++] = given[i];
	argv[n] = NULL;
}

/* Start with the importer. Returns only if that fails. */
static void start_with_importer(const struct execution *execution, char *const *argv)
{
	const struct handoff *const handoff = execution->handoff;
	const size_t count = execution->surroundings->environment_count;
	/*
	 * No copy, for which a small stack has no room. Behind the list the kernel has put the
	 * auxiliary vector, a dozen entries of it and more, which has been read.
	 */
	char **const environment = execution->surroundings->envp;
	char bytes[handoff_size(handoff)];

	if (handoff_environment(handoff, environment, count, environment, bytes))
		system_execve(execution->interpreter, argv, environment);
	environment[count] = NULL;
	system_close(handoff->importer);
	system_close(handoff->bundle);
}

/* Start `path` as it is. Returns a positive errno; 0 if it is the launcher again. */
static int start_plainly(const struct execution *execution, const char *path, char **argv)
{
	if (interpreter_is_self(path))
		return 0;
	argv[0] = argument(path);
	return -system_execve(path, argv, execution->surroundings->envp);
}

static int report(const char *path, int error)
{
	if (error == 0)
		message_say("cannot start ", path, ": it is this program, not an interpreter");
	else
		message_say("cannot start ", path, ": ", message_errno(error));
	return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

int execute(const struct execution *execution)
{
	const struct surroundings *const surroundings = execution->surroundings;
	/* An entry point needs more room than there is. So does an interpreter if nothing is there. */
	const bool fits = execution->entry->count == 0 && surroundings->argument_count > 0;
	char *room[fits ? 1 : execute_argument_slots(execution)];
	char **const argv = fits ? surroundings->argv : room;
	const char *path = execution->interpreter;

	execute_build_arguments(execution, argv);
	if (execution->handoff != NULL)
		start_with_importer(execution, argv);
	int error = start_plainly(execution, path, argv);
	if ((error == ENOENT || error == ENOTDIR) && !text_equals(path, DEFAULT_PYTHON)) {
		if (execution->talkative)
			message_say("cannot start ", path, ": ", message_errno(error),
				    "; starting ", DEFAULT_PYTHON, " instead");
		path = DEFAULT_PYTHON;
		error = start_plainly(execution, path, argv);
	}
	return report(path, error);
}
