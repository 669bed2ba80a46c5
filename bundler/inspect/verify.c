/* SPDX-License-Identifier: MIT */
/* pybundle verify: whether a bundle is whole, and still fits this machine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundler/commands.h"
#include "bundler/inspect/freshness.h"
#include "bundler/inspect/json.h"
#include "bundler/inspect/opened.h"
#include "bundler/inspect/snapshot_fitness.h"
#include "bundler/message.h"
#include "bundler/options.h"
#include "bundler/process/child.h"
#include "lib/header.h"
#include "lib/policy.h"

static const char help_text[] =
	"Usage: pybundle verify [-q] [--json] [--timeout=SECONDS] FILE...\n"
	"Check the structure and the checksums of bundles, then whether their interpreters and the\n"
	"files that their modules came from are still the same, and whether a start would take\n"
	"them, and their snapshots. Prints a line for each finding, or that a bundle is fresh.\n"
	"\n"
	"  -q, --quiet   print nothing; the exit status tells\n"
	"      --json    print the result as one JSON object for each bundle\n"
	"      --timeout=SECONDS\n"
	"                give up if the interpreter makes no progress for so long; 0: never\n"
	"                (default: 300)\n"
	"  -h, --help    print this text\n"
	"\n"
	"Exit status: 0 nothing found; 1 stale, damaged or unsafe; 2 wrong usage or failure;\n"
	"3 of another version of the format. With several bundles: the highest.\n";

/* The findings so far; where they go is decided as they come. */
struct findings {
	const struct options *options;
	const char *file;
	struct json json;
	size_t count;
	bool is_unsupported;
};

/* Print a line; it counts as a finding only if findings->count says so. */
static void report(struct findings *findings, const char *kind, const char *module,
		   const char *text)
{
	const struct options *const options = findings->options;

	if (options->json) {
		json_open(&findings->json, NULL, '{');
		json_string(&findings->json, "kind", kind);
		json_string(&findings->json, "module", module);
		json_string(&findings->json, "text", text);
		json_close(&findings->json);
	} else if (!options->quiet) {
		printf("%s: %s: ", findings->file, kind);
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
	struct findings *const findings = context;

	findings->count++;
	report(findings, "stale", module, text);
}

/* What a later version may have put into the bundle, and a start passes over. It is no finding. */
static void note(struct findings *findings, const char *what, uint64_t bits)
{
	char text[128];

	if (bits == 0)
		return;
	snprintf(text, sizeof(text), "%s %#" PRIx64 " is of another version, and ignored", what,
		 bits);
	report(findings, "note", NULL, text);
}

static void note_unknown(struct findings *findings, const struct pyb_header *header)
{
	for (uint32_t i = 0; i < header->section_count; i++)
		if (!pyb_section_is_known(header->sections[i].type))
			note(findings, "section type", header->sections[i].type);
	note(findings, "policy", header->policies & ~PYB_POLICY_KNOWN);
	note(findings, "feature", header->compat & ~PYB_COMPAT_KNOWN);
}

/* A snapshot that would be used if we had been started otherwise is no finding. */
static void report_miss(void *context, bool lasting, const char *text)
{
	struct findings *const findings = context;
	char line[PYB_ERROR_TEXT_SIZE];

	snprintf(line, sizeof(line), "the snapshot is not used: %s", text);
	findings->count += lasting;
	report(findings, lasting ? "stale" : "note", NULL, line);
}

/* Damage is a finding; what keeps us from looking is a failure. */
static bool is_finding(enum pyb_status status)
{
	return status == PYB_ERR_DAMAGED || status == PYB_ERR_NOT_BUNDLE ||
	       status == PYB_ERR_UNSAFE;
}

static enum pyb_status check(struct findings *findings, struct pyb_error *error)
{
	const struct options *const options = findings->options;
	const int seconds = options->has_timeout ? options->timeout : CHILD_SECONDS;
	struct opened opened;
	enum pyb_status status = opened_read(&opened, findings->file, error);

	if (status == PYB_ERR_UNSUPPORTED) {
		findings->is_unsupported = true;
		report(findings, pyb_status_name(status), NULL, error->text);
		opened_release(&opened);
		return PYB_OK;
	}
	if (status == PYB_OK)
		note_unknown(findings, opened.reader.header);
	if (status == PYB_OK)
		status = opened_decompress(&opened, error);
	if (status == PYB_OK)
		status = pyb_reader_verify(&opened.reader, error);
	if (status == PYB_OK)
		status = freshness_check(&opened.reader, findings->file, &opened.status, seconds,
					 report_stale, findings, error);
	if (status == PYB_OK)
		status = snapshot_fitness(&opened.reader, report_miss, findings, error);
	if (is_finding(status)) {
		findings->count++;
		report(findings, pyb_status_name(status), NULL, error->text);
	}
	opened_release(&opened);
	return is_finding(status) ? PYB_OK : status;
}

static int verify(const struct options *options, const char *file)
{
	struct findings findings = {.options = options, .file = file};
	struct pyb_error error = {0};

	if (options->json) {
		json_init(&findings.json, stdout);
		json_open(&findings.json, NULL, '{');
		json_string(&findings.json, "bundle", file);
		json_open(&findings.json, "findings", '[');
	}
	const enum pyb_status status = check(&findings, &error);
	const int result = status != PYB_OK          ? EXIT_FAILED
			   : findings.is_unsupported ? EXIT_UNSUPPORTED
			   : findings.count > 0      ? EXIT_FOUND
						     : EXIT_DONE;
	if (options->json) {
		json_close(&findings.json);
		json_bool(&findings.json, "fresh", result == EXIT_DONE);
		json_close(&findings.json);
	} else if (result == EXIT_DONE && !options->quiet) {
		printf("%s: fresh\n", file);
	}
	if (status == PYB_ERR_IO || status == PYB_ERR_MEMORY)
		message_error(&error);
	else if (status != PYB_OK)
		message("%s: %s", file, error.text);
	return result;
}

int command_verify(int argc, char **argv)
{
	static const struct options_syntax syntax = {"verify", help_text, "qJT"};
	struct options options;
	char **files = NULL;
	int result = options_parse(&options, &syntax, argc, argv, &files);

	if (result != EXIT_DONE || options.is_finished)
		return result;
	if (files[0] == NULL)
		return message_usage("verify", "which bundle?");
	for (; *files != NULL; files++) {
		const int found = verify(&options, *files);
		result = found > result ? found : result;
	}
	return message_finish_output(result);
}
