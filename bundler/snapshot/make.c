/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bundler/snapshot/make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bundler/snapshot/compose.h"
#include "bundler/snapshot/dump_process.h"
#include "bundler/snapshot/facts_guards.h"
#include "bundler/snapshot/look_twice.h"
#include "bundler/snapshot/start_guards.h"
#include "bundler/snapshot/trial_restore.h"
#include "bundler/snapshot/written_pages.h"

struct making {
	const struct snapshot_request *request;
	struct dump_plan plan;
	struct made_snapshot *made;
	struct pyb_error *error;
};

/* --- the environment */

static bool is_of(const char *entry, const char *name)
{
	const size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* Nothing else is passed on: a secret among the caller's variables is not to be in the snapshot. */
static bool is_passed_on(const struct snapshot_request *request, const char *entry)
{
	static const char *const kept[] = {"PATH=", "HOME=", "LANG=", "LC_", "TZ="};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strncmp(entry, kept[i], strlen(kept[i])) == 0)
			return true;
	for (size_t i = 0; i < request->variable_count; i++)
		if (is_of(entry, request->variables[i]))
			return true;
	return false;
}

/* The array is the caller's to free, its strings are not. NULL without memory. */
static char **scrubbed_environment(const struct snapshot_request *request)
{
	size_t count = 0, kept = 0;

	while (environ != NULL && environ[count] != NULL)
		count++;
	char **const environment = calloc(count + 1, sizeof(*environment));
	for (size_t i = 0; i < count && environment != NULL; i++)
		if (is_passed_on(request, environ[i]))
			environment[kept++] = environ[i];
	return environment;
}

static void take_facts(struct making *making, struct dump_process *process)
{
	facts_release(&making->made->facts);
	making->made->facts = process->facts;
	process->facts = (struct facts){0};
}

/* --- making */

/* Until the clock has gone on so far that the next change of a file gets another time. */
static void wait_a_moment(void)
{
	static const struct timespec moment = {.tv_nsec = 150000000L};

	nanosleep(&moment, NULL);
}

static enum pyb_status compose_for(const struct start *start,
				   const struct guarded_elsewhere *elsewhere,
				   struct guard_list *guards, struct pyb_buffer *tables,
				   struct pyb_error *error)
{
	guard_list_release(guards);
	pyb_buffer_release(tables);
	enum pyb_status status = start_guards_make(start, elsewhere, guards, error);
	if (status == PYB_OK)
		status = snapshot_compose(&elsewhere->snapshot, guards, elsewhere->bundle, tables,
					  error);
	return status == PYB_OK ? start_guards_check(start, tables, error) : status;
}

/* The tables, and those for the trial. */
static enum pyb_status compose(struct making *making, const struct dump_process *process,
			       const struct guarded_elsewhere *elsewhere)
{
	struct made_snapshot *const made = making->made;
	struct guard_list guards = {0};
	struct start start = {.arguments = &process->arguments,
			      .environment = making->plan.environment,
			      .facts = &made->facts,
			      .program = making->request->program,
			      .variables = &made->variables};
	enum pyb_status status =
		compose_for(&start, elsewhere, &made->guards, &made->tables, making->error);

	start.is_for_trial = true;
	if (status == PYB_OK)
		status =
			compose_for(&start, elsewhere, &guards, &made->trial_tables, making->error);
	guard_list_release(&guards);
	return status;
}

/* From what a process has written; it is kept if it can be used. */
static enum pyb_status take(struct making *making, struct dump_process *process)
{
	struct made_snapshot *const made = making->made;
	struct guarded_elsewhere elsewhere = {.bundle = making->request->bundle};
	const char *path;
	enum pyb_status status = dump_process_open(process, &elsewhere.snapshot, making->error);

	take_facts(making, process);
	if (status != PYB_OK)
		return status;
	if (facts_are_too_new(&made->facts, &elsewhere, process->begun, &path)) {
		wait_a_moment();
		return pyb_error_set(making->error, PYB_ERR_AGAIN,
				     "%s was changed just when the snapshot was made", path);
	}
	status = compose(making, process, &elsewhere);
	if (status != PYB_OK)
		return status;
	made->pages = process->pages;
	process->pages = (struct pyb_buffer){0};
	return PYB_OK;
}

/* After the snapshot was made: then its guards tell of files that changed in between (variables.h). */
static enum pyb_status find_variables(struct making *making)
{
	const struct variables_request request = {
		.python = making->request->python,
		.program = making->request->program,
		.environment = making->plan.environment,
		.recorder = making->request->recorder,
		.optimize = making->request->optimize,
		.seconds = making->request->seconds,
	};

	variables_release(&making->made->variables);
	return variables_find(&request, &making->made->variables, making->error);
}

static enum pyb_status try_once(struct making *making)
{
	struct dump_process process;
	enum pyb_status status = dump_process_run(&making->plan, &process, making->error);

	if (status == PYB_OK)
		status = find_variables(making);
	if (status == PYB_OK)
		status = take(making, &process);
	dump_process_release(&process);
	return status;
}

static enum pyb_status make(struct making *making)
{
	enum pyb_status status = look_twice(&making->plan, &making->made->facts,
					    &making->made->is_compared, making->error);

	if (status != PYB_OK)
		return status;
	status = try_once(making);
	for (int i = 1; i < SNAPSHOT_ATTEMPTS && status == PYB_ERR_AGAIN; i++) {
		*making->error = (struct pyb_error){0};
		status = try_once(making);
	}
	return status;
}

enum pyb_status snapshot_make(const struct snapshot_request *request, struct made_snapshot *made,
			      struct pyb_error *error)
{
	char **const environment = scrubbed_environment(request);
	struct making making = {
		.request = request,
		.plan = {.launcher = request->launcher,
			 .bundle = request->bundle,
			 .environment = environment,
			 .optimize = request->optimize,
			 .program = request->program,
			 .seconds = request->seconds},
		.made = made,
		.error = error,
	};

	*made = (struct made_snapshot){0};
	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const enum pyb_status status = make(&making);
	free(environment);
	return status;
}

enum pyb_status snapshot_train(const struct snapshot_request *request, struct made_snapshot *made,
			       struct pyb_error *error)
{
	char **const environment = scrubbed_environment(request);
	const struct written_request start = {.launcher = request->launcher,
					      .bundle = request->bundle,
					      .environment = environment,
					      .optimize = request->optimize,
					      .seconds = request->seconds};

	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	struct pyb_buffer ranges = {0};
	enum pyb_status status = written_pages_find(&start, &made->trial_tables, &ranges, error);
	if (status == PYB_OK)
		status = written_pages_add(&made->tables, &ranges, error);
	if (status == PYB_OK)
		status = written_pages_add(&made->trial_tables, &ranges, error);
	pyb_buffer_release(&ranges);
	free(environment);
	return status;
}

enum pyb_status snapshot_try(const struct snapshot_request *request,
			     const struct made_snapshot *made, bool has_bootstrap,
			     struct pyb_error *error)
{
	char **const environment = scrubbed_environment(request);
	const struct trial_request trial = {.launcher = request->launcher,
					    .python = request->python,
					    .bundle = request->bundle,
					    .environment = environment,
					    .guarded = &made->variables,
					    .optimize = request->optimize,
					    .program = request->program,
					    .has_bootstrap = has_bootstrap,
					    .seconds = request->seconds};

	if (environment == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const enum pyb_status status = trial_restore(&trial, error);
	free(environment);
	return status;
}

void made_snapshot_forget(struct made_snapshot *made)
{
	pyb_buffer_release(&made->tables);
	pyb_buffer_release(&made->trial_tables);
	pyb_buffer_release(&made->pages);
}

void made_snapshot_release(struct made_snapshot *made)
{
	made_snapshot_forget(made);
	facts_release(&made->facts);
	variables_release(&made->variables);
	guard_list_release(&made->guards);
	*made = (struct made_snapshot){0};
}
