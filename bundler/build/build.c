/* SPDX-License-Identifier: MIT */
/* pybundle build: from a manifest to a bundle. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bundler/build/explain.h"
#include "bundler/build/pack.h"
#include "bundler/build/trial_run.h"
#include "bundler/commands.h"
#include "bundler/inspect/json.h"
#include "bundler/message.h"
#include "bundler/options.h"
#include "bundler/process/child.h"
#include "bundler/resolve/entry_point.h"
#include "bundler/resolve/resolver.h"
#include "bundler/resolve/wanted.h"

static const char help_text[] =
	"Usage: pybundle build [-o FILE] [--python=PATH] [--snapshot=KIND] [--timeout=SECONDS]\n"
	"                      [--strict] [-qv] [--explain] [--json] [MANIFEST]\n"
	"Pack the modules that a manifest names into a bundle.\n"
	"\n"
	"Without MANIFEST the installed startup.yaml is built.\n"
	"\n"
	"  -o, --output=FILE   write the bundle to FILE (default: lib/NAME.pyb, after the\n"
	"                      manifest's name)\n"
	"      --python=PATH   make it for this interpreter (default: the manifest's, else\n"
	"                      the one that 'pybundle --version' tells)\n"
	"      --snapshot=KIND no, auto, yes or shared, instead of what the manifest says\n"
	"      --timeout=SECONDS\n"
	"                      give up if the interpreter makes no progress for so long; 0: never\n"
	"                      (default: 300; for each module of the trial run, 30; for each\n"
	"                      start for a snapshot, 60)\n"
	"      --strict        write nothing if there is anything to warn about\n"
	"  -q, --quiet         print nothing but warnings and errors\n"
	"  -v, --verbose       say about every name that is left out or not found why\n"
	"      --explain       tell all that the snapshot was found to depend on\n"
	"      --json          print the result as one JSON object\n"
	"  -h, --help          print this text\n";

struct build {
	struct options options;
	const char *manifest_given; /* or NULL */
	struct manifest manifest;
	struct manifest_problems problems;
	struct wanted wanted;
	struct previous previous;
	struct resolution resolution;
	struct trial_run trial_run;
	struct bundle_counts counts;
	struct snapshot_plan snapshot_plan;
	struct snapshot_result snapshot;
	struct call_fault {
		const char *key;
		struct pyb_error fault;
	} call_faults[2]; /* of the entry point and the bootstrap function */
	uint32_t call_fault_count;
	char *manifest_file, *output; /* owned */
	size_t warning_count;
	struct timespec begin;
	struct pyb_error error;
};

/* MANIFEST_SNAPSHOT_COUNT: it is none of them. */
static enum manifest_snapshot find_snapshot_word(const char *text)
{
	enum manifest_snapshot kind = MANIFEST_SNAPSHOT_NO;

	while (kind < MANIFEST_SNAPSHOT_COUNT && strcmp(manifest_snapshot_word(kind), text) != 0)
		kind++;
	return kind;
}

static int parse_options(int argc, char **argv, struct build *build)
{
	static const struct options_syntax syntax = {"build", help_text, "oqvEJNPST"};
	char **operands = NULL;
	const int status = options_parse(&build->options, &syntax, argc, argv, &operands);

	if (status != EXIT_DONE || build->options.is_finished)
		return status;
	if (build->options.snapshot != NULL &&
	    find_snapshot_word(build->options.snapshot) == MANIFEST_SNAPSHOT_COUNT)
		return message_usage("build",
				     "--snapshot takes no, auto, yes or shared, and not '%s'",
				     build->options.snapshot);
	if (operands[0] == NULL)
		return EXIT_DONE;
	if (operands[1] != NULL)
		return message_usage("build", "more than one manifest: %s", operands[1]);
	build->manifest_given = operands[0];
	return EXIT_DONE;
}

/* The manifest that was named, or else the standard one. */
static enum pyb_status find_manifest(struct build *build)
{
	const char *const data = getenv("PYSTART_DATADIR");
	const char *const folder = data != NULL && data[0] != '\0' ? data : PKGDATADIR;
	int length;

	if (build->manifest_given != NULL)
		length = asprintf(&build->manifest_file, "%s", build->manifest_given);
	else
		length = asprintf(&build->manifest_file, "%s/startup.yaml", folder);
	if (length >= 0)
		return PYB_OK;
	build->manifest_file = NULL;
	return pyb_error_set(&build->error, PYB_ERR_MEMORY, "out of memory");
}

/* Make the folder of the bundle if it is the last one of the path that is not there. */
static enum pyb_status make_folder(struct build *build)
{
	char *const copy = strdup(build->output);
	enum pyb_status status = PYB_OK;

	if (copy == NULL)
		return pyb_error_set(&build->error, PYB_ERR_MEMORY, "out of memory");
	const char *const folder = dirname(copy);
	if (access(folder, F_OK) != 0 && mkdir(folder, 0777) != 0 && errno != EEXIST)
		status = pyb_error_set(&build->error, PYB_ERR_IO,
				       "%s: there is no folder %s, and it cannot be made: %s",
				       build->output, folder, strerror(errno));
	free(copy);
	return status;
}

/* Where the bundle goes. */
static enum pyb_status choose_output(struct build *build)
{
	const char *const given = build->options.output;
	int length;

	if (given != NULL)
		length = asprintf(&build->output, "%s", given);
	else
		length = asprintf(&build->output, "lib/%s.pyb", build->manifest.name);
	if (length < 0) {
		build->output = NULL;
		return pyb_error_set(&build->error, PYB_ERR_MEMORY, "out of memory");
	}
	return PYB_OK;
}

/*
 * Whether what the resolver noted concerns a user who did not ask. The standard manifest names
 * modules of several versions of Python; that some are missing is no news.
 */
static bool is_warning(const struct build *build, enum note_kind kind)
{
	if (kind == NOTE_MISSING || kind == NOTE_NO_MATCH)
		return build->manifest_given != NULL;
	return kind != NOTE_NOT_NEEDED && kind != NOTE_NOT_ABSENT;
}

static void warn(struct build *build, const char *name, const char *text)
{
	build->warning_count++;
	message("%s%s: %s", build->options.strict ? "" : "warning: ", name, text);
}

/* Names that are not found come in great numbers where a manifest is for another interpreter. */
static void show_notes(struct build *build)
{
	enum { MAX_MISSING = 5 };
	const bool all = build->options.verbose || build->options.strict;
	size_t missing = 0;

	for (uint32_t i = 0; i < build->resolution.note_count; i++) {
		const struct resolved_note *const note = &build->resolution.notes[i];
		const bool counts = note->kind == NOTE_MISSING || note->kind == NOTE_NO_MATCH;

		if (!is_warning(build, note->kind)) {
			if (build->options.verbose)
				message("%s: %s", note->name, note->text);
			continue;
		}
		missing += counts;
		if (!counts || all || missing <= MAX_MISSING)
			warn(build, note->name, note->text);
	}
	if (!all && missing > MAX_MISSING)
		message("warning: and %zu more names are not found; -v lists them",
			missing - MAX_MISSING);
	if (missing > 0)
		message("note: 'paths' and 'from' in a manifest say where else modules are");
	if (build->trial_run.fault.status != PYB_OK)
		warn(build, "trial run", build->trial_run.fault.text);
	for (uint32_t i = 0; i < build->call_fault_count; i++)
		warn(build, build->call_faults[i].key, build->call_faults[i].fault.text);
}

/* Keep what is wrong with the entry point or the bootstrap function. A missing module has a note. */
static void check_call(struct build *build, const char *key, const char *call)
{
	struct call_fault *const next = &build->call_faults[build->call_fault_count];
	enum pyb_status status = entry_check_path(call, &build->resolution, &next->fault);

	if (status == PYB_OK && call != NULL && call[0] == '/')
		status = entry_check(call, &build->resolution, &next->fault);
	next->key = key;
	build->call_fault_count += status != PYB_OK;
}

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static enum pyb_status show_json(struct build *build)
{
	struct json json;

	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_string(&json, "bundle", build->output);
	json_string(&json, "name", build->manifest.name);
	json_string(&json, "interpreter", build->resolution.executable);
	json_string(&json, "version", build->resolution.version);
	json_number(&json, "modules", build->counts.modules);
	json_number(&json, "startup", build->counts.startup);
	json_number(&json, "extensions", build->counts.extensions);
	json_number(&json, "absent", build->counts.absent);
	json_number(&json, "compiled", build->counts.compiled);
	json_number(&json, "reused", build->counts.reused);
	json_number(&json, "regexes", build->trial_run.regex_count);
	json_number(&json, "generated", build->trial_run.generated_count);
	json_number(&json, "metadata", build->trial_run.metadata_count);
	json_number(&json, "bytes", (int64_t)build->counts.bytes);
	json_seconds(&json, "seconds", seconds_since(&build->begin));
	json_open(&json, "notes", '[');
	for (uint32_t i = 0; i < build->resolution.note_count; i++) {
		const struct resolved_note *const note = &build->resolution.notes[i];

		json_open(&json, NULL, '{');
		json_string(&json, "name", note->name);
		json_string(&json, "text", note->text);
		json_bool(&json, "warning", is_warning(build, note->kind));
		json_close(&json);
	}
	if (build->trial_run.fault.status != PYB_OK) {
		json_open(&json, NULL, '{');
		json_string(&json, "name", "trial run");
		json_string(&json, "text", build->trial_run.fault.text);
		json_bool(&json, "warning", true);
		json_close(&json);
	}
	for (uint32_t i = 0; i < build->call_fault_count; i++) {
		json_open(&json, NULL, '{');
		json_string(&json, "name", build->call_faults[i].key);
		json_string(&json, "text", build->call_faults[i].fault.text);
		json_bool(&json, "warning", true);
		json_close(&json);
	}
	json_close(&json);
	const enum pyb_status status =
		explain_as_json(&json, &build->snapshot_plan, &build->snapshot,
				build->options.explain, &build->error);
	json_close(&json);
	return status;
}

static void show_counts(const struct build *build)
{
	const struct bundle_counts *const counts = &build->counts;

	if (build->options.quiet)
		return;
	printf("%s: %" PRIu32 " modules (%" PRIu32 " at startup, %" PRIu32
	       " extension modules), %" PRIu64 " bytes, %.2f s\n",
	       build->output, counts->modules, counts->startup, counts->extensions, counts->bytes,
	       seconds_since(&build->begin));
	if (build->options.verbose)
		printf("%s: %" PRIu32 " modules were compiled, %" PRIu32
		       " taken from the bundle that was there\n",
		       build->output, counts->compiled, counts->reused);
	explain_briefly(build->output, &build->snapshot_plan, &build->snapshot);
}

static enum pyb_status show_result(struct build *build)
{
	if (build->options.json)
		return show_json(build);
	show_counts(build);
	if (!build->options.quiet)
		explain_misses(&build->snapshot);
	return build->options.explain ? explain_fully(&build->snapshot, &build->error) : PYB_OK;
}

/* It is missing, which the manifest allows. Who has not asked for it may not wish to hear of it. */
static void tell_of_no_snapshot(const struct build *build)
{
	const bool is_asked_for = build->snapshot_plan.wanted != MANIFEST_SNAPSHOT_UNSAID;

	if (build->snapshot.why.status != PYB_OK && (is_asked_for || !build->options.quiet))
		message("note: no snapshot is made: %s", build->snapshot.why.text);
	if (build->snapshot.why_not_program.status != PYB_OK &&
	    (is_asked_for || !build->options.quiet))
		message("note: the snapshot is for any program, without what %s imports first: %s",
			build->manifest.snapshot_program, build->snapshot.why_not_program.text);
}

static const char *choose_python(const struct build *build)
{
	if (build->options.python != NULL)
		return build->options.python;
	return build->manifest.python != NULL ? build->manifest.python : options_default_python();
}

/* How long to wait for the interpreter: what was asked for, or as a rule. */
static int choose_seconds(const struct build *build, int usual)
{
	return build->options.has_timeout ? build->options.timeout : usual;
}

/* Ask for all that is not in the bundle that is there; for everything if that is another interpreter's. */
static enum pyb_status resolve_unknown(struct build *build, struct resolve_request *request)
{
	struct previous *const previous = &build->previous;
	struct progress progress;
	enum pyb_status status = previous_open(previous, build->output,
					       (unsigned int)request->optimize, &build->error);

	progress_init(&progress, !build->options.quiet && !build->options.json);
	request->known = previous->is_usable ? &previous->known : NULL;
	if (status == PYB_OK)
		status = resolve(request, &progress, &build->resolution, &build->error);
	if (status != PYB_OK || !previous->is_usable ||
	    previous_fits(previous, &build->resolution.fingerprint))
		return status;
	resolution_release(&build->resolution);
	request->known = NULL;
	return resolve(request, &progress, &build->resolution, &build->error);
}

static enum pyb_status resolve_wanted(struct build *build)
{
	const struct manifest *const manifest = &build->manifest;
	enum pyb_status status = wanted_init(&build->wanted, manifest, &build->error);

	if (status != PYB_OK)
		return status;
	struct resolve_request request = {
		.python = choose_python(build),
		.optimize = manifest->optimize,
		.detail = RESOLVE_CODE,
		.startup = manifest->startup,
		.modules = build->wanted.modules,
		.optional = build->wanted.optional,
		.absent = manifest->absent,
		.exclude = manifest->exclude,
		.paths = manifest->paths,
		.from = manifest->from,
		.script = manifest->entry != NULL && manifest->entry[0] == '/' ? manifest->entry
									       : NULL,
		.seconds = choose_seconds(build, CHILD_SECONDS),
	};
	const struct trial_run_plan plan = {
		.request = &request,
		.resolution = &build->resolution,
		.seconds = choose_seconds(build, TRIAL_RUN_SECONDS),
	};
	status = resolve_unknown(build, &request);
	if (status == PYB_OK && build->options.python == NULL)
		status = options_check_called("the manifest is for", request.python,
					      build->resolution.fingerprint.version, &build->error);
	if (status == PYB_OK && manifest->trial_run)
		status = make_trial_run(&plan, &build->trial_run, &build->error);
	return status;
}

/* A manifest that asks for nothing is a mistake rather than a wish. */
static enum pyb_status check_contents(struct build *build)
{
	const struct manifest *const manifest = &build->manifest;

	if (manifest->startup.count > 0 || manifest->modules.count > 0 ||
	    manifest->absent.count > 0 || manifest->entry != NULL || manifest->bootstrap != NULL)
		return PYB_OK;
	return pyb_error_set(&build->error, PYB_ERR_INVALID,
			     "%s names no module; list some under 'startup' or 'modules'",
			     build->manifest_file);
}

static enum pyb_status write_bundle(struct build *build)
{
	const struct bundle_plan plan = {
		.manifest = &build->manifest,
		.resolution = &build->resolution,
		.trial_run = &build->trial_run,
		.previous = &build->previous,
		.snapshot = &build->snapshot_plan,
		.seconds = choose_seconds(build, CHILD_SECONDS),
		.is_verbose = build->options.verbose,
		.path = build->output,
	};
	enum pyb_status status = make_folder(build);

	build->snapshot_plan = (struct snapshot_plan){
		.wanted = build->options.snapshot != NULL
				  ? find_snapshot_word(build->options.snapshot)
				  : build->manifest.snapshot,
		.python = build->resolution.executable,
		.fingerprint = &build->resolution.fingerprint,
		.variables = &build->manifest.variables,
		.program = build->manifest.snapshot_program,
		.seconds = choose_seconds(build, SNAPSHOT_SECONDS),
	};
	if (status == PYB_OK)
		status = bundle_write(&plan, &build->counts, &build->snapshot, &build->error);
	return status;
}

static int run_build(struct build *build)
{
	enum pyb_status status = find_manifest(build);

	if (status == PYB_OK)
		status = manifest_read(build->manifest_file, &build->manifest, &build->problems,
				       &build->error);
	if (status == PYB_ERR_INVALID)
		return message_problems(&build->problems);
	if (status == PYB_OK)
		status = check_contents(build);
	if (status == PYB_OK)
		status = choose_output(build);
	if (status == PYB_OK)
		status = resolve_wanted(build);
	if (status != PYB_OK)
		return message_error(&build->error);
	check_call(build, "entry", build->manifest.entry);
	check_call(build, "bootstrap", build->manifest.bootstrap);
	show_notes(build);
	if (build->options.strict && build->warning_count > 0) {
		message("nothing was written, for --strict was given");
		return EXIT_FAILED;
	}
	status = write_bundle(build);
	if (status == PYB_OK) {
		tell_of_no_snapshot(build);
		status = show_result(build);
	}
	if (status != PYB_OK) {
		if (build->options.explain && !build->options.json)
			explain_fully(&build->snapshot, NULL);
		return message_error(&build->error);
	}
	return message_finish_output(EXIT_DONE);
}

int command_build(int argc, char **argv)
{
	struct build build = {0};
	int status = parse_options(argc, argv, &build);

	if (status != EXIT_DONE || build.options.is_finished)
		return status;
	clock_gettime(CLOCK_MONOTONIC, &build.begin);
	status = run_build(&build);
	snapshot_result_release(&build.snapshot);
	trial_run_release(&build.trial_run);
	resolution_release(&build.resolution);
	previous_release(&build.previous);
	wanted_release(&build.wanted);
	manifest_release(&build.manifest);
	manifest_problems_release(&build.problems);
	free(build.manifest_file);
	free(build.output);
	return status;
}
