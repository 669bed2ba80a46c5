/* SPDX-License-Identifier: MIT */
/* pybundle verify: whether a bundle is whole, and still fits this machine. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bundler/commands.h"
#include "bundler/freshness.h"
#include "bundler/json.h"
#include "bundler/message.h"
#include "bundler/opened.h"

static const char help_text[] =
	"Usage: pybundle verify [-q] [--json] FILE\n"
	"Check the structure and the checksums of a bundle, then whether its interpreter and the\n"
	"files that its modules came from are still the same. Prints a line for each finding.\n"
	"\n"
	"  -q, --quiet   print nothing; the exit status tells\n"
	"      --json    print the result as one JSON object\n"
	"  -h, --help    print this text\n"
	"\n"
	"Exit status: 0 nothing found; 1 stale or damaged; 2 wrong usage or failure.\n";

struct verify_options {
	const char *file;
	bool quiet, json;
};

/* The findings so far; where they go is decided as they come. */
struct findings {
	const struct verify_options *options;
	struct json json;
	size_t count;
};

static int parse_options(int argc, char **argv, struct verify_options *options, bool *finished)
{
	enum { OPTION_JSON = 256 };
	static const struct option long_options[] = {
		{"quiet", no_argument, NULL, 'q'},
		{"json", no_argument, NULL, OPTION_JSON},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*finished = false;
	while ((option = getopt_long(argc, argv, "qh", long_options, NULL)) != -1) {
		switch (option) {
		case 'q':
			options->quiet = true;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case 'h':
			*finished = true;
			fputs(help_text, stdout);
			return message_finish_output(EXIT_DONE);
		default:
			return message_usage("verify", "the command line is not understood");
		}
	}
	if (argc - optind != 1)
		return message_usage("verify",
				     argc == optind ? "which bundle?" : "more than one bundle");
	options->file = argv[optind];
	return EXIT_DONE;
}

static void report(struct findings *findings, const char *kind, const char *module,
		   const char *text)
{
	const struct verify_options *const options = findings->options;

	findings->count++;
	if (options->json) {
		json_open(&findings->json, NULL, '{');
		json_string(&findings->json, "kind", kind);
		json_string(&findings->json, "module", module);
		json_string(&findings->json, "text", text);
		json_close(&findings->json);
	} else if (!options->quiet) {
		printf("%s: %s: ", options->file, kind);
		if (module != NULL) {
			opened_print(module, strlen(module));
			fputs(": ", stdout);
		}
		opened_print(text, strlen(text));
		putchar('\n');
	}
}

static void report_stale(void *context, const char *module, const char *text)
{
	report(context, "stale", module, text);
}

/* Damage is a finding; what keeps us from looking is a failure. */
static bool is_finding(enum pyb_status status)
{
	return status == PYB_ERR_DAMAGED || status == PYB_ERR_NOT_BUNDLE ||
	       status == PYB_ERR_UNSAFE;
}

static enum pyb_status check(const struct verify_options *options, struct findings *findings,
			     struct pyb_error *error)
{
	struct opened opened;
	enum pyb_status status = opened_read(&opened, options->file, error);

	if (status == PYB_OK)
		status = opened_decompress(&opened, error);
	if (status == PYB_OK)
		status = pyb_reader_verify(&opened.reader, error);
	if (status == PYB_OK)
		status = freshness_check(&opened.reader, &opened.status, report_stale, findings,
					 error);
	if (is_finding(status))
		report(findings, pyb_status_name(status), NULL, error->text);
	opened_release(&opened);
	return is_finding(status) ? PYB_OK : status;
}

int command_verify(int argc, char **argv)
{
	struct verify_options options = {0};
	struct findings findings = {.options = &options};
	struct pyb_error error = {0};
	bool finished;
	int result = parse_options(argc, argv, &options, &finished);

	if (result != EXIT_DONE || finished)
		return result;
	if (options.json) {
		json_init(&findings.json, stdout);
		json_open(&findings.json, NULL, '{');
		json_string(&findings.json, "bundle", options.file);
		json_open(&findings.json, "findings", '[');
	}
	const enum pyb_status status = check(&options, &findings, &error);
	result = findings.count > 0 ? EXIT_FOUND : EXIT_DONE;
	if (status != PYB_OK)
		result = EXIT_FAILED;
	if (options.json) {
		json_close(&findings.json);
		json_bool(&findings.json, "fresh", result == EXIT_DONE);
		json_close(&findings.json);
	}
	if (status == PYB_ERR_IO || status == PYB_ERR_MEMORY)
		message_error(&error);
	else if (status != PYB_OK)
		message("%s: %s", options.file, error.text);
	return message_finish_output(result);
}
