/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/trial_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/process/child.h"
#include "bundler/process/scripts.h"
#include "bundler/snapshot/circumstances.h"
#include "bundler/snapshot/report_compare.h"
#include "bundler/snapshot/trial_script.h"
#include "lib/buffer.h"
#include "lib/optimize.h"
#include "lib/snapshot_handoff.h"

/* What came of a start. */
struct tried {
	struct pyb_buffer report, messages; /* a NUL behind the messages */
	struct child_end end;
};

struct trial {
	const struct trial_request *request;
	const struct circumstances *circumstances;
	const char *script; /* that reports; NULL: -c does */
	struct pyb_error *error;
};

static void release(struct tried *tried)
{
	pyb_buffer_release(&tried->report);
	pyb_buffer_release(&tried->messages);
}

/* --- a start */

enum { OWN_VARIABLES = 3, OWN_ARGUMENTS = 4 };

/* Both arrays are the caller's to free, and so are the first strings of the environment. */
static char **make_environment(const struct trial *trial, bool is_restored)
{
	char *const *const given = trial->circumstances->environment;
	char **const all = calloc(circumstances_count(given) + OWN_VARIABLES + 1, sizeof(*all));
	size_t count = 2;

	if (all == NULL)
		return NULL;
	if (asprintf(&all[0], "PYSTART_BUNDLE=%s", trial->request->bundle) < 0) {
		free(all);
		return NULL;
	}
	all[1] = (char *)"PYSTART_VERBOSE=1";
	if (!is_restored && trial->request->has_bootstrap)
		all[count++] = (char *)"PYSTART_WITHOUT=snapshot";
	memcpy(all + count, given, circumstances_count(given) * sizeof(*all));
	return all;
}

static void free_environment(char **environment)
{
	if (environment != NULL)
		free(environment[0]);
	free(environment);
}

/* The report lies in a file: as an argument it would be in what is reported. */
static char **make_arguments(const struct trial *trial, bool is_restored)
{
	char *const *const given = trial->circumstances->arguments;
	const bool is_launched = is_restored || trial->request->has_bootstrap;
	const char *const option = pyb_optimize_option(trial->request->optimize);
	char **const all = calloc(circumstances_count(given) + OWN_ARGUMENTS + 1, sizeof(*all));
	size_t count = 0;

	if (all == NULL)
		return NULL;
	all[count++] = (char *)(is_launched ? trial->request->launcher : trial->request->python);
	if (option != NULL)
		all[count++] = (char *)option;
	if (trial->script != NULL) {
		all[count++] = (char *)trial->script;
	} else {
		all[count++] = (char *)"-c";
		all[count++] = (char *)"exec(open(5, 'rb').read())";
	}
	memcpy(all + count, given, circumstances_count(given) * sizeof(*all));
	return all;
}

static enum pyb_status start(const struct trial *trial, bool is_restored, const int streams[],
			     struct child *child)
{
	static const struct child_script script = {"report", start_report_script};
	char **const environment = make_environment(trial, is_restored);
	char **const arguments = make_arguments(trial, is_restored);
	struct child_program program = {
		.argv = arguments,
		.environment = environment,
		.folder = trial->circumstances->folder,
		.streams = streams,
		.is_plain = true,
		.file = -1,
		.seconds = trial->request->seconds,
	};
	enum pyb_status status =
		environment == NULL || arguments == NULL
			? pyb_error_set(trial->error, PYB_ERR_MEMORY, "out of memory")
			: child_script_file(&script, &program.file, trial->error);

	if (status == PYB_OK)
		status = child_start_program(child, &program, trial->error);
	if (program.file >= 0)
		close(program.file);
	free(arguments);
	free_environment(environment);
	return status;
}

static enum pyb_status read_all(FILE *stream, struct pyb_buffer *text, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	char chunk[4096];
	size_t got;

	while (status == PYB_OK && (got = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		status = pyb_buffer_append(text, chunk, got, error);
	if (status == PYB_OK && ferror(stream))
		status = pyb_error_set(error, PYB_ERR_IO, "cannot read from the interpreter: %s",
				       strerror(errno));
	return status;
}

static enum pyb_status read_messages(int file, struct pyb_buffer *text, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	char chunk[4096];
	ssize_t got;

	while (status == PYB_OK &&
	       (got = TEMP_FAILURE_RETRY(pread(file, chunk, sizeof(chunk), (off_t)text->size))) > 0)
		status = pyb_buffer_append(text, chunk, (size_t)got, error);
	return status == PYB_OK ? pyb_buffer_append(text, "", 1, error) : status;
}

static enum pyb_status run(const struct trial *trial, bool is_restored, struct tried *tried)
{
	struct child child = CHILD_INIT;
	struct circumstances_streams streams;
	enum pyb_status status = circumstances_open(trial->circumstances, &streams, trial->error);

	*tried = (struct tried){0};
	if (status == PYB_OK)
		status = start(trial, is_restored, streams.given, &child);
	if (status == PYB_OK)
		status = read_all(child.answer, &tried->report, trial->error);
	child_finish(&child, false, &tried->end);
	if (status == PYB_OK)
		status =
			read_messages(streams.given[STDERR_FILENO], &tried->messages, trial->error);
	circumstances_close(&streams);
	return status;
}

/* --- what it told */

static const char *messages_of(const struct tried *tried)
{
	return (const char *)tried->messages.data;
}

/* Whether the report has its last line. */
static bool is_complete(const struct tried *tried)
{
	static const char end[] = "\nthe end\t1\n";
	const size_t size = sizeof(end) - 1;

	return tried->report.size > size &&
	       memcmp(tried->report.data + tried->report.size - size, end, size) == 0;
}

/* What follows `words` in the messages, up to the end of the line; NULL: they are not there. */
static const char *find_words(const struct tried *tried, const char *words, int *length)
{
	const char *const found = strstr(messages_of(tried), words);

	if (found == NULL)
		return NULL;
	*length = (int)strcspn(found + strlen(words), "\r\n");
	return found + strlen(words);
}

/* It has reported everything, and ended as it should. */
static enum pyb_status check_end(const struct trial *trial, const struct tried *tried,
				 const char *which)
{
	char why[200] = "ended";
	int length = 0;

	if (!child_describe(&tried->end, why, sizeof(why)) && is_complete(tried))
		return PYB_OK;
	const char *const told = find_words(tried, "Error: ", &length);
	return pyb_error_set(trial->error, PYB_ERR_UNSUPPORTED,
			     "an interpreter that was started %s %s when it was to report what it "
			     "is like%s%.*s",
			     which, tried->end.is_late ? "took too long" : why,
			     told == NULL ? "" : ": ", length, told == NULL ? "" : told);
}

static enum pyb_status check_is_restored(const struct trial *trial, const struct tried *tried)
{
	int length;

	if (find_words(tried, SNAPSHOT_USED, &length) != NULL)
		return PYB_OK;
	const char *const why = find_words(tried, SNAPSHOT_MISSED, &length);
	return pyb_error_set(
		trial->error, PYB_ERR_AGAIN, "a start right after did not go on with it: %.*s",
		why == NULL ? 1 << 10 : length, why == NULL ? "the bundle was not used" : why);
}

/* --- comparing */

static enum pyb_status differs(const struct trial *trial, const char *what)
{
	return pyb_error_set(trial->error, PYB_ERR_UNSUPPORTED,
			     "a program could tell a start with it from others: %s", what);
}

static enum pyb_status run_stock(const struct trial *trial, struct tried *tried)
{
	const enum pyb_status status = run(trial, false, tried);

	return status == PYB_OK ? check_end(trial, tried, "without it") : status;
}

static enum pyb_status add_again(const struct trial *trial, struct reports_again *again)
{
	struct tried tried;
	const enum pyb_status status = run_stock(trial, &tried);

	if (status == PYB_OK) {
		again->list[again->count++] = tried.report;
		tried.report = (struct pyb_buffer){0};
	}
	release(&tried);
	return status;
}

/* What is another thing under each start is none of the snapshot's. */
static enum pyb_status compare_again(const struct trial *trial, const struct tried *stock,
				     const struct tried *restored)
{
	char what[PYB_ERROR_TEXT_SIZE / 2];
	struct reports_again again = {.count = 0};
	enum pyb_status status = PYB_OK;
	bool are_equal = false;

	while (status == PYB_OK && !are_equal && again.count < REPORTS_AGAIN) {
		status = add_again(trial, &again);
		are_equal = status == PYB_OK &&
			    reports_are_equal(&stock->report, &again, &restored->report, what,
					      sizeof(what));
	}
	if (status == PYB_OK && !are_equal)
		status = differs(trial, what);
	for (size_t i = 0; i < again.count; i++)
		pyb_buffer_release(&again.list[i]);
	return status;
}

static enum pyb_status compare(const struct trial *trial)
{
	static const struct reports_again none;
	char what[PYB_ERROR_TEXT_SIZE / 2];
	struct tried stock = {0}, restored;
	enum pyb_status status = run(trial, true, &restored);

	if (status == PYB_OK)
		status = check_end(trial, &restored, "with it");
	if (status == PYB_OK)
		status = check_is_restored(trial, &restored);
	if (status == PYB_OK)
		status = run_stock(trial, &stock);
	if (status == PYB_OK &&
	    !reports_are_equal(&stock.report, &none, &restored.report, what, sizeof(what)))
		status = compare_again(trial, &stock, &restored);
	release(&stock);
	release(&restored);
	return status;
}

static enum pyb_status try_in_all(const struct trial_request *request, const char *script,
				  struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (int kind = 0; kind < CIRCUMSTANCES && status == PYB_OK; kind++) {
		struct circumstances circumstances;
		const struct trial trial = {request, &circumstances, script, error};
		status = circumstances_make(kind, request->environment, request->guarded,
					    &circumstances, error);
		if (status == PYB_OK)
			status = compare(&trial);
		circumstances_release(&circumstances);
	}
	return status;
}

enum pyb_status trial_restore(const struct trial_request *request, struct pyb_error *error)
{
	struct trial_script script = {0};
	enum pyb_status status = PYB_OK;

	if (request->program != NULL)
		status = trial_script_make(&script, request->program, request->python, error);
	if (status == PYB_OK)
		status = try_in_all(request, script.path, error);
	trial_script_release(&script);
	return status;
}
