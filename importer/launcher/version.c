/* SPDX-License-Identifier: MIT */
#include "importer/launcher/version.h"

#include "config.h"
#include "importer/launcher/message.h"
#include "importer/launcher/preload.h"
#include "importer/launcher/system.h"
#include "lib/format.h"
#include "lib/interpreters.h"

static void add_folders(struct text *report, const struct places *places)
{
	char buffer[TEXT_PATH_SIZE];
	struct text folder;

	text_begin(&folder, buffer, sizeof(buffer));
	for (size_t i = 0; i < PLACES_FOLDER_MAX; i++) {
		if (!places_folder_shown(places, i, "", &folder))
			continue;
		text_add(report, "importer folder:     ");
		text_add(report, folder.bytes);
		text_add(report, "\n");
	}
}

static int write_all(const char *bytes, size_t size)
{
	while (size > 0) {
		const long written = system_write(1, bytes, size);
		if (written <= 0) {
			message_say("cannot write to standard output: ",
				    message_errno((int)-written));
			return 2;
		}
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

/* What an interpreter that has loaded its importer says of both. */
static const char ask_importer[] =
	"import atexit, sys\n"
	"from importlib import machinery, util\n"
	"loader = machinery.ExtensionFileLoader('pystart', sys.argv[1])\n"
	"module = util.module_from_spec(util.spec_from_loader('pystart', loader))\n"
	"print(module.state())\n";

/* execve() wants writable strings, but writes to none. */
static char *argument(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* Have the interpreter say it on standard output. Returns whether it did. */
static bool ask(const char *interpreter, int importer, char *const *environment)
{
	char buffer[64];
	struct text path;

	text_begin(&path, buffer, sizeof(buffer));
	text_add(&path, "/proc/self/fd/");
	text_add_number(&path, (unsigned long)importer);
	char *const argv[] = {argument(interpreter),
			      argument("-I"),
			      argument("-S"),
			      argument("-c"),
			      argument(ask_importer),
			      path.bytes,
			      NULL};
	const long child = system_fork();
	if (child == 0) {
		system_execve(interpreter, argv, environment);
		system_exit(1);
	}
	return child > 0 && system_wait(child) == 0;
}

static int print_state(const struct places *places, const struct surroundings *surroundings,
		       const struct pyb_interpreter *interpreter)
{
	char buffer[2 * TEXT_LINE_SIZE], reason_buffer[TEXT_LINE_SIZE];
	struct text line, reason;
	struct stat status;

	text_begin(&line, buffer, sizeof(buffer));
	text_begin(&reason, reason_buffer, sizeof(reason_buffer));
	text_set(&line, "pystart", interpreter->name, ": ", interpreter->path, ", ");
	if (system_stat(interpreter->path, &status) != 0) {
		text_add(&line, "missing\n");
		return write_all(line.bytes, line.length);
	}
	const int importer = preload_find(places, interpreter, surroundings->user, &reason);
	if (importer >= 0) {
		const int result = write_all(line.bytes, line.length);
		const bool told =
			result == 0 && ask(interpreter->path, importer, surroundings->envp);
		system_close(importer);
		text_set(&line, told ? "" : "which does not run with its importer\n");
		return result != 0 ? result : write_all(line.bytes, line.length);
	}
	text_add(&line, reason.bytes);
	text_add(&line, "\n");
	return write_all(line.bytes, line.length);
}

int version_print(const struct places *places, const struct surroundings *surroundings)
{
	char buffer[PLACES_FOLDER_MAX * (TEXT_PATH_SIZE + 32) + 1024];
	struct text report;

	text_begin(&report, buffer, sizeof(buffer));
	text_add(&report, "pystart " PACKAGE_VERSION "\n"
			  "bundle format:       ");
	text_add_number(&report, PYB_FORMAT_VERSION);
	text_add(&report, "\nfeatures:            zstd\n"
			  "default interpreter: " DEFAULT_PYTHON "\n");
	add_folders(&report, places);
	int result = write_all(report.bytes, report.length);
	for (struct pyb_interpreter one = {0}; result == 0 && pyb_interpreters_next(&one);)
		result = print_state(places, surroundings, &one);
	return result;
}
