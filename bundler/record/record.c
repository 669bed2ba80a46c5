/* SPDX-License-Identifier: MIT */
/* pybundle record: run a program and write a manifest of what it imports. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundler/commands.h"
#include "bundler/message.h"
#include "bundler/options.h"
#include "bundler/process/child.h"
#include "bundler/record/compose.h"
#include "bundler/record/program.h"
#include "bundler/record/runlog.h"
#include "bundler/resolve/resolver.h"
#include "lib/output.h"

static const char help_text[] =
	"Usage: pybundle record [-o FILE] [--merge] [--python=PATH] [--timeout=SECONDS] [--strict]\n"
	"                       [-q] [--] COMMAND [ARGUMENT...]\n"
	"Run a Python program and write a manifest of the modules that it imports.\n"
	"\n"
	"COMMAND is a script, by path or on PATH, or -m MODULE, or -c CODE, or an interpreter\n"
	"with such arguments. It runs as usual, with the standard streams of pybundle.\n"
	"\n"
	"  -o, --output=FILE   write the manifest to FILE (default: NAME.yaml, after the program)\n"
	"      --merge         add to what is in FILE: a manifest of several runs\n"
	"      --python=PATH   run it with this interpreter (default: what the script's #! line\n"
	"                      or the command names, else the one that\n"
	"                      'pybundle --version' tells)\n"
	"      --timeout=SECONDS\n"
	"                      give up if the interpreter, asked where it looks for modules after\n"
	"                      the program has ended, says nothing for so long; 0: never\n"
	"                      (default: 300)\n"
	"      --strict        fail, and write nothing, if the program's exit status is not 0\n"
	"  -q, --quiet         print nothing but errors\n"
	"  -h, --help          print this text\n";

struct recording {
	struct options options;
	char *const *command;
	char *output; /* owned */
	struct program program;
	struct runlog log;
	int wait_status;
	struct resolution interpreter;
	struct manifest base;
	bool has_base;
	char *base_text;
	struct pyb_buffer text;
	struct compose_counts counts;
	struct pyb_error error;
};

static int parse_options(int argc, char **argv, struct recording *recording)
{
	/* '+': what follows COMMAND is the program's. */
	static const struct options_syntax syntax = {"record", help_text, "+oqMPST"};
	char **operands = NULL;
	const int status = options_parse(&recording->options, &syntax, argc, argv, &operands);

	if (status != EXIT_DONE || recording->options.is_finished)
		return status;
	if (operands[0] == NULL)
		return message_usage("record", "which program is to be recorded?");
	recording->command = operands;
	return EXIT_DONE;
}

/* The manifest's file: what was asked for, or after the program. */
static enum pyb_status choose_output(struct recording *recording)
{
	const struct program *const program = &recording->program;
	const char *name = program->mode == PROGRAM_SCRIPT   ? strrchr(program->entry, '/') + 1
			   : program->mode == PROGRAM_MODULE ? program->target
							     : "python";
	const char *const dot = program->mode == PROGRAM_SCRIPT ? strrchr(name, '.') : NULL;
	const size_t whole = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
	const size_t size = whole < MANIFEST_MAX_NAME ? whole : MANIFEST_MAX_NAME;

	if (recording->options.output != NULL)
		recording->output = strdup(recording->options.output);
	else if (asprintf(&recording->output, "%.*s.yaml", (int)size, name) < 0)
		recording->output = NULL;
	return recording->output != NULL
		       ? PYB_OK
		       : pyb_error_set(&recording->error, PYB_ERR_MEMORY, "out of memory");
}

/* Before the program runs, which may take long: can its manifest be written? */
static enum pyb_status check_folder(struct recording *recording)
{
	char *const copy = strdup(recording->output);
	enum pyb_status status = PYB_OK;

	if (copy == NULL)
		return pyb_error_set(&recording->error, PYB_ERR_MEMORY, "out of memory");
	const char *const folder = dirname(copy);
	if (access(folder, W_OK | X_OK) != 0)
		status =
			pyb_error_set(&recording->error, PYB_ERR_IO, "%s: cannot write into %s: %s",
				      recording->output, folder, strerror(errno));
	free(copy);
	return status;
}

static char *read_text(const char *path)
{
	FILE *const stream = fopen(path, "rbe");
	struct pyb_buffer text = {0};
	char piece[4096];
	size_t got;
	enum pyb_status status;

	if (stream == NULL)
		return NULL;
	do {
		got = fread(piece, 1, sizeof(piece), stream);
		status = pyb_buffer_append(&text, piece, got, NULL);
	} while (status == PYB_OK && got == sizeof(piece));
	if (status == PYB_OK)
		status = pyb_buffer_append(&text, "", 1, NULL);
	fclose(stream);
	if (status != PYB_OK)
		pyb_buffer_release(&text);
	return (char *)text.data;
}

/* Read what is to be added to, before the program runs: a mistake there should cost no run. */
static int read_base(struct recording *recording)
{
	struct manifest_problems problems = {0};
	int result = EXIT_DONE;

	if (!recording->options.merge || (access(recording->output, F_OK) != 0 && errno == ENOENT))
		return EXIT_DONE;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): only `base` is written to, not `output` */
	const enum pyb_status status =
		manifest_read(recording->output, &recording->base, &problems, &recording->error);
	if (status == PYB_ERR_INVALID)
		result = message_problems(&problems);
	else if (status != PYB_OK)
		result = message_error(&recording->error);
	manifest_problems_release(&problems);
	if (result != EXIT_DONE)
		return result;
	recording->has_base = true;
	recording->base_text = read_text(recording->output);
	return EXIT_DONE;
}

/* Runs under different interpreters do not belong into one manifest. */
static enum pyb_status check_base(struct recording *recording)
{
	const char *const before =
		recording->base.python != NULL ? recording->base.python : DEFAULT_PYTHON;

	if (!recording->has_base || strcmp(before, recording->log.executable) == 0)
		return PYB_OK;
	return pyb_error_set(&recording->error, PYB_ERR_INVALID,
			     "%s is a manifest for %s, but the program ran with %s; name another "
			     "file, or an interpreter with --python",
			     recording->output, before, recording->log.executable);
}

static int patience(const struct recording *recording)
{
	return recording->options.has_timeout ? recording->options.timeout : CHILD_SECONDS;
}

/* What the interpreter would search without the program. */
static enum pyb_status ask_interpreter(struct recording *recording, struct manifest_list *sys_path)
{
	const struct resolve_request request = {
		.python = recording->log.executable,
		.seconds = patience(recording),
	};
	const enum pyb_status status =
		resolve(&request, NULL, &recording->interpreter, &recording->error);
	const uint32_t count = recording->interpreter.directory_count;

	*sys_path = (struct manifest_list){0};
	if (status != PYB_OK)
		return status;
	if (recording->options.python == NULL &&
	    options_check_called("the program ran with", recording->log.executable,
				 recording->interpreter.fingerprint.version,
				 &recording->error) != PYB_OK)
		return PYB_ERR_INVALID;
	sys_path->items = calloc((size_t)count + 1, sizeof(char *));
	if (sys_path->items == NULL)
		return pyb_error_set(&recording->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		sys_path->items[sys_path->count++] =
			(char *)recording->interpreter.directories[i].path;
	return PYB_OK;
}

static enum pyb_status compose(struct recording *recording)
{
	struct compose_input input = {
		.log = &recording->log,
		.program = &recording->program,
		.command = recording->command,
		.base = recording->has_base ? &recording->base : NULL,
		.base_text = recording->base_text,
		.file = recording->output,
		.default_python = DEFAULT_PYTHON,
		.python_path = getenv("PYTHONPATH"),
		.seconds = patience(recording),
	};
	/* The string stays where it is; what the variable adds is for `paths`. */
	unsetenv("PYTHONPATH");
	enum pyb_status status = ask_interpreter(recording, &input.sys_path);

	if (status == PYB_OK)
		status = compose_manifest(&input, &recording->text, &recording->counts,
					  &recording->error);
	free(input.sys_path.items);
	return status;
}

/* What is written must be what build takes. */
static int check_text(const struct recording *recording)
{
	struct manifest manifest = {0};
	struct manifest_problems problems = {0};
	struct pyb_error error = {0};
	int result = EXIT_DONE;
	const enum pyb_status status =
		manifest_parse(recording->output, (const char *)recording->text.data,
			       recording->text.size, &manifest, &problems, &error);

	if (status == PYB_ERR_INVALID)
		result = message_problems(&problems);
	else if (status != PYB_OK)
		result = message_error(&error);
	manifest_release(&manifest);
	manifest_problems_release(&problems);
	return result;
}

static bool was_killed(const struct recording *recording)
{
	return WIFSIGNALED(recording->wait_status);
}

/* Whether the run counts as failed; says so. */
static bool report_end(const struct recording *recording)
{
	const struct program *const program = &recording->program;
	const char *const command = recording->command[0];
	const bool is_module = program->mode == PROGRAM_MODULE;
	const char *const dash = is_module ? "-m " : "";
	const char *const name = is_module ? program->target : command;
	const int status = recording->wait_status;

	if (was_killed(recording)) {
		message("%s%s was killed by signal %d (%s)", dash, name, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
		return true;
	}
	if (WEXITSTATUS(status) != 0 && (recording->options.strict || !recording->options.quiet))
		message("%s%s ended with exit status %d", dash, name, WEXITSTATUS(status));
	return WEXITSTATUS(status) != 0 && recording->options.strict;
}

/* What a start with the bundle will not have, though the recorded run had it. */
static void show_notes(const struct recording *recording)
{
	const struct program *const program = &recording->program;

	if (program->line_flag_count > 0)
		message("note: %s has options in its #! line, such as %s; a start with a bundle "
			"does not read that line, so give them to pystart",
			program->target, program->flags[0]);
	const char *const kept = recording->base.entry;
	if (kept != NULL && program->entry != NULL && strcmp(kept, program->entry) != 0)
		message("note: the entry point stays %s; to start %s instead, change 'entry'%s in %s",
			kept, program->entry,
			recording->base.snapshot_program == NULL ? "" : " and 'snapshot_program'",
			recording->output);
	if (recording->counts.python_path > 0)
		message("note: modules were found by PYTHONPATH; its folders are under 'paths' "
			"for build, and a start needs the variable as well");
}

/* Whether the module of -m, or a package that it is in, was found nowhere; says so. */
static bool is_program_missing(const struct recording *recording)
{
	const struct program *const program = &recording->program;

	if (program->mode != PROGRAM_MODULE || !runlog_is_missing(&recording->log, program->target))
		return false;
	message("%s finds no module '%s'; nothing was written", recording->log.executable,
		program->target);
	return true;
}

static int write_manifest(struct recording *recording)
{
	const struct compose_counts *const counts = &recording->counts;
	enum pyb_status status = check_base(recording);

	if (status == PYB_OK)
		status = compose(recording);
	if (status != PYB_OK)
		return message_error(&recording->error);
	if (check_text(recording) != EXIT_DONE)
		return EXIT_FAILED;
	status = pyb_output_file(recording->output, 0644, recording->text.data,
				 recording->text.size, &recording->error);
	if (status != PYB_OK)
		return message_error(&recording->error);
	if (recording->options.quiet)
		return EXIT_DONE;
	show_notes(recording);
	message("%s: %zu modules for startup, %zu on demand, %zu names that are nowhere",
		recording->output, counts->startup, counts->modules, counts->absent);
	return EXIT_DONE;
}

static int run_recording(struct recording *recording)
{
	const struct options *const options = &recording->options;
	const char *const usual = options_default_python();
	const struct program_pythons pythons = {
		.given = options->python,
		.any = options_called_version() != NULL ? usual : NULL,
		.otherwise = usual,
	};
	enum pyb_status status =
		program_find(&recording->program, recording->command, &pythons, &recording->error);

	if (status == PYB_OK)
		status = choose_output(recording);
	if (status == PYB_OK)
		status = check_folder(recording);
	if (status != PYB_OK)
		return message_error(&recording->error);
	if (read_base(recording) != EXIT_DONE)
		return EXIT_FAILED;
	status = runlog_record(&recording->log, &recording->program, &recording->wait_status,
			       &recording->error);
	if (status != PYB_OK)
		return message_error(&recording->error);
	const bool failed = report_end(recording);
	if (recording->log.executable[0] == '\0') {
		message("%s did not come as far as to run the program; nothing was written",
			recording->program.python);
		return EXIT_FAILED;
	}
	if (failed && !was_killed(recording)) {
		message("nothing was written, for --strict was given");
		return EXIT_FAILED;
	}
	if (is_program_missing(recording))
		return EXIT_FAILED;
	const int result = write_manifest(recording);
	return failed ? EXIT_FAILED : result;
}

int command_record(int argc, char **argv)
{
	struct recording recording = {0};
	int status = parse_options(argc, argv, &recording);

	if (status != EXIT_DONE || recording.options.is_finished)
		return status;
	status = run_recording(&recording);
	pyb_buffer_release(&recording.text);
	resolution_release(&recording.interpreter);
	manifest_release(&recording.base);
	runlog_release(&recording.log);
	program_release(&recording.program);
	free(recording.base_text);
	free(recording.output);
	return status;
}
