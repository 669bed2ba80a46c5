/* SPDX-License-Identifier: MIT */
#include "bundler/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/message.h"
#include "bundler/process/child.h"
#include "lib/interpreters.h"
#include "lib/names.h"
#include "lib/python_version.h"

static const struct option all_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"explain", no_argument, NULL, 'E'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'J'},
	{"merge", no_argument, NULL, 'M'},
	{"output", required_argument, NULL, 'o'},
	{"python", required_argument, NULL, 'P'},
	{"quiet", no_argument, NULL, 'q'},
	{"snapshot", required_argument, NULL, 'N'},
	{"strict", no_argument, NULL, 'S'},
	{"timeout", required_argument, NULL, 'T'},
	{"verbose", no_argument, NULL, 'v'},
};

enum { OPTION_COUNT = sizeof(all_options) / sizeof(all_options[0]) };

/* What getopt_long() wants to know. */
struct accepted {
	struct option named[OPTION_COUNT + 1];
	char letters[2 * OPTION_COUNT + 2];
};

static void select_options(struct accepted *accepted, const char *letters)
{
	char *at = accepted->letters;
	struct option *next = accepted->named;

	if (letters[0] == '+')
		*at++ = '+';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *const option = &all_options[i];

		if (option->val != 'h' && strchr(letters, option->val) == NULL)
			continue;
		*next++ = *option;
		if (isupper(option->val))
			continue;
		*at++ = (char)option->val;
		if (option->has_arg == required_argument)
			*at++ = ':';
	}
}

/* A number of seconds; -1 for anything else. */
static int parse_seconds(const char *text)
{
	char *end;

	errno = 0;
	const long number = strtol(text, &end, 10);
	const bool is_number = isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
	return is_number && number <= CHILD_SECONDS_MAX ? (int)number : -1;
}

/* A version stands for an interpreter that pystart was built for; anything else is a path. */
static const char *python_path(const char *text)
{
	struct pyb_interpreter found;

	return isdigit((unsigned char)text[0]) && pyb_interpreters_called(text, &found) ? found.path
											: text;
}

const char *options_called_version(void)
{
	static const char stem[] = "pybundle";
	const size_t size = sizeof(stem) - 1;
	const char *const name = program_invocation_short_name;
	const bool has_version = strncmp(name, stem, size) == 0 && strchr(name, '.') != NULL &&
				 isdigit((unsigned char)name[size]);

	return has_version && pyb_is_versioned_name(name, stem) ? name + size : NULL;
}

const char *options_default_python(void)
{
	const char *const version = options_called_version();
	struct pyb_interpreter found;

	pyb_interpreters_called(version != NULL ? version : "", &found);
	return found.path;
}

enum pyb_status options_check_called(const char *what, const char *python, uint32_t hexversion,
				     struct pyb_error *error)
{
	const char *const called = options_called_version();
	char version[PYB_PYTHON_VERSION_SIZE];

	pyb_python_version_write(version, hexversion);
	if (called == NULL || pyb_python_version_is(version, called))
		return PYB_OK;
	return pyb_error_set(
		error, PYB_ERR_INVALID,
		"%s %s, which is CPython %s, but pybundle%s is for %s; say --python=%s "
		"to have that, or pybundle",
		what, python, version, called, called, called);
}

static void set_option(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'T':
		options->has_timeout = true;
		options->timeout = parse_seconds(value);
		break;
	case 'o':
		options->output = value;
		break;
	case 'P':
		options->python = python_path(value);
		break;
	case 'N':
		options->snapshot = value;
		break;
	case 'a':
		options->all = true;
		break;
	case 'E':
		options->explain = true;
		break;
	case 'J':
		options->json = true;
		break;
	case 'M':
		options->merge = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'S':
		options->strict = true;
		break;
	default:
		options->verbose = true;
	}
}

int options_parse(struct options *options, const struct options_syntax *syntax, int argc,
		  char **argv, char ***operands)
{
	struct accepted accepted = {.letters = ""};
	int letter;

	*options = (struct options){0};
	select_options(&accepted, syntax->letters);
	while ((letter = getopt_long(argc, argv, accepted.letters, accepted.named, NULL)) != -1) {
		if (letter == '?')
			return message_usage(syntax->command,
					     "the command line is not understood%s",
					     syntax->letters[0] == '+'
						     ? "; '--' must stand before a COMMAND that "
						       "begins with '-'"
						     : "");
		if (letter != 'h') {
			set_option(options, letter, optarg);
			if (options->timeout < 0)
				return message_usage(syntax->command,
						     "--timeout takes a number of seconds, up to "
						     "%d, and not '%s'",
						     CHILD_SECONDS_MAX, optarg);
			continue;
		}
		options->is_finished = true;
		fputs(syntax->help, stdout);
		return message_finish_output(EXIT_DONE);
	}
	*operands = argv + optind;
	return EXIT_DONE;
}
