/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/dump_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/optimize.h"
#include "lib/snapshot_handoff.h"

enum { OWN_VARIABLES = 2, OWN_ARGUMENTS = 4 };

static size_t count_strings(const char *const *strings)
{
	size_t count = 0;

	while (strings[count] != NULL)
		count++;
	return count;
}

/* What is given, and the two variables that make a snapshot. The array and these two are the caller's. */
static char **make_environment(const struct dump_start *start)
{
	const char *const *const given = (const char *const *)start->plan->environment;
	const char *const *const further = pair_given(start->member)->variables;
	const size_t count = count_strings(given), further_count = count_strings(further);
	char **const environment =
		calloc(OWN_VARIABLES + count + further_count + 1, sizeof(*environment));

	if (environment == NULL)
		return NULL;
	if (asprintf(&environment[0], "PYSTART_BUNDLE=%s", start->plan->bundle) < 0)
		environment[0] = NULL;
	if (asprintf(&environment[1], SNAPSHOT_VARIABLE "=%d:%d%s", SPAWN_FIRST, SPAWN_FIRST + 1,
		     pair_given(start->member)->request) < 0)
		environment[1] = NULL;
	memcpy(environment + OWN_VARIABLES, given, count * sizeof(*environment));
	memcpy(environment + OWN_VARIABLES + count, further, further_count * sizeof(*environment));
	return environment;
}

static void free_environment(char **environment)
{
	if (environment == NULL)
		return;
	free(environment[0]);
	free(environment[1]);
	free(environment);
}

static void list_arguments(const struct dump_start *start, const struct pair_given *given,
			   char **argv)
{
	const char *const option = pyb_optimize_option(start->plan->optimize);

	*argv++ = (char *)start->plan->launcher;
	if (option != NULL)
		*argv++ = (char *)option;
	if (start->plan->program != NULL) {
		*argv++ = (char *)start->plan->program;
	} else {
		*argv++ = (char *)"-c";
		*argv++ = (char *)given->code;
	}
	for (size_t i = 0; i < given->argument_count; i++)
		*argv++ = (char *)"x";
	*argv = NULL;
}

static enum pyb_status start_with(const struct dump_start *start, char **environment,
				  const int *streams, struct trace *trace, struct pyb_error *error)
{
	const struct pair_given *const given = pair_given(start->member);
	char *argv[OWN_ARGUMENTS + PAIR_ARGUMENTS + 1];
	sigset_t mask;

	list_arguments(start, given, argv);
	sigemptyset(&mask);
	const struct spawn spawn = {
		.argv = argv,
		.environment = environment,
		.mask = &mask,
		.folder = given->folder,
		.descriptors = start->files,
		.descriptor_count = start->file_count,
		.streams = streams,
		.is_mute = streams == NULL,
		.is_silent = streams == NULL,
		.dies_first = true,
		.is_apart = true,
		.is_plain = true,
		.is_fixed = start->member != PAIR_NONE,
	};
	const enum pyb_status status = trace_start(trace, &spawn, error);
	trace->hides_vdso = start->hides_vdso;
	return status;
}

enum pyb_status dump_start(const struct dump_start *start, struct trace *trace,
			   struct pyb_error *error)
{
	char **const environment = make_environment(start);
	int streams[SPAWN_STREAMS] = {-1, -1, -1};
	enum pyb_status status = PYB_OK;

	if (environment == NULL || environment[0] == NULL || environment[1] == NULL)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (status == PYB_OK && start->member != PAIR_NONE)
		status = pair_open_streams(start->member, streams, error);
	if (status == PYB_OK)
		status = start_with(start, environment, start->member == PAIR_NONE ? NULL : streams,
				    trace, error);
	pair_close_streams(streams);
	free_environment(environment);
	return status;
}
