/* SPDX-License-Identifier: MIT */
#include "importer/launcher/options.h"

#include <string.h>

#include "importer/launcher/text.h"

#define OUR_OPTION "bundle"

/* Where reading and writing have come to; writing is behind by what has been taken out. */
struct scan {
	struct options *options;
	char **argv;
	size_t read;
	size_t write;
};

enum letter_kind {
	LETTER_FLAG,    /* stands alone; others may follow in the same argument */
	LETTER_VALUE,   /* takes the rest of the argument, or the next argument */
	LETTER_LAST,    /* takes a value and ends the options */
	LETTER_UNKNOWN, /* Python will complain */
};

static bool is_flag(char letter)
{
	static const char flags[] = {'?', 'b', 'B', 'd', 'E', 'h', 'i', 'I', 'O', 'P',
				     'q', 'R', 's', 'S', 't', 'u', 'v', 'V', 'x'};
	return memchr(flags, letter, sizeof(flags)) != NULL;
}

static enum letter_kind kind_of(char letter)
{
	switch (letter) {
	case 'c':
	case 'm':
		return LETTER_LAST;
	case 'W':
	case 'X':
		return LETTER_VALUE;
	default:
		return is_flag(letter) ? LETTER_FLAG : LETTER_UNKNOWN;
	}
}

/* Keep the argument at hand. */
static void keep(struct scan *scan)
{
	scan->argv[scan->write++] = scan->argv[scan->read++];
}

static void keep_value(struct scan *scan)
{
	if (scan->argv[scan->read] != NULL)
		keep(scan);
}

static bool is_ours(const char *value)
{
	const size_t length = sizeof(OUR_OPTION) - 1;
	return text_starts_with(value, OUR_OPTION) &&
	       (value[length] == '=' || value[length] == '\0');
}

static void note_ours(struct options *options, const char *value)
{
	const size_t length = sizeof(OUR_OPTION) - 1;

	if (value[length] == '=' && value[length + 1] != '\0')
		options->bundle = value + length + 1;
	else
		options->bundle_bare = true;
}

/* -X with its letter at argument[at]: take it out if it is ours, with all that belongs to it. */
static void scan_x(struct scan *scan, char *argument, size_t at)
{
	const bool attached = argument[at + 1] != '\0';
	const char *const value = attached ? argument + at + 1 : scan->argv[scan->read + 1];

	if (value == NULL || !is_ours(value)) {
		keep(scan);
		if (!attached)
			keep_value(scan);
		return;
	}
	note_ours(scan->options, value);
	argument[at] = '\0';
	if (at > 1)
		keep(scan);
	else
		scan->read++;
	if (!attached)
		scan->read++;
}

/* A long option, with its name at argument[at]. Returns whether options may follow. */
static bool scan_long(struct scan *scan, const char *name)
{
	keep(scan);
	if (text_equals(name, "check-hash-based-pycs")) {
		keep_value(scan);
		return true;
	}
	return text_equals(name, "help-all") || text_equals(name, "help-env") ||
	       text_equals(name, "help-xoptions");
}

/* One argument that begins with '-'. Returns whether options may follow. */
static bool scan_argument(struct scan *scan)
{
	char *const argument = scan->argv[scan->read];

	if (text_equals(argument, "--help") || text_equals(argument, "--version")) {
		keep(scan);
		return true;
	}
	for (size_t at = 1; argument[at] != '\0'; at++) {
		if (argument[at] == '-')
			return scan_long(scan, argument + at + 1);
		if (argument[at] == 'E' || argument[at] == 'I')
			scan->options->ignore_environment = true;
		if (argument[at] == 'O')
			scan->options->optimize = true;
		if (argument[at] == 'X') {
			scan_x(scan, argument, at);
			return true;
		}
		const enum letter_kind kind = kind_of(argument[at]);
		if (kind == LETTER_FLAG)
			continue;
		keep(scan);
		if (kind != LETTER_UNKNOWN && argument[at + 1] == '\0')
			keep_value(scan);
		return kind == LETTER_VALUE;
	}
	keep(scan);
	return true;
}

/* Whether the argument at hand belongs to the options; a lone dash is a script. */
static bool at_option(const struct scan *scan)
{
	const char *const argument = scan->argv[scan->read];
	return argument != NULL && argument[0] == '-' && argument[1] != '\0' &&
	       !text_equals(argument, "--");
}

size_t options_take(struct options *options, char **argv)
{
	struct scan scan = {.options = options, .argv = argv, .read = 1, .write = 1};
	bool more = true;

	*options = (struct options){0};
	if (argv[0] == NULL) {
		options->end = options->rest = 0;
		return 0;
	}
	while (more && at_option(&scan))
		more = scan_argument(&scan);
	options->end = scan.write;
	if (more && argv[scan.read] != NULL && text_equals(argv[scan.read], "--"))
		keep(&scan);
	options->rest = scan.write;
	options->positional = more && argv[scan.read] != NULL;
	while (argv[scan.read] != NULL)
		keep(&scan);
	argv[scan.write] = NULL;
	return scan.write;
}
