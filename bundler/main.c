/* SPDX-License-Identifier: MIT */
/* pybundle: makes bundles, and tells what is in them. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "bundler/commands.h"
#include "bundler/message.h"
#include "bundler/options.h"
#include "lib/format.h"
#include "lib/interpreters.h"

static const struct {
	const char *name, *summary;
	char *title; /* for the messages of getopt_long() */
	int (*run)(int argc, char **argv);
} commands[] = {
	{"record", "run a program and write a manifest of what it imports", "pybundle record",
	 command_record},
	{"build", "make a bundle from a manifest", "pybundle build", command_build},
	{"list", "show what a bundle holds", "pybundle list", command_list},
	{"verify", "check a bundle, and whether it still fits this machine", "pybundle verify",
	 command_verify},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int show_help(void)
{
	puts("Usage: pybundle COMMAND [OPTION...] [ARGUMENT...]\n"
	     "Make bundles, with which Python programs start faster; see pystart(1).\n"
	     "\n"
	     "Commands:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	puts("\n"
	     "  pybundle help COMMAND     explain a command; so does pybundle COMMAND --help\n"
	     "  pybundle --version        print the version and what this program was built with\n"
	     "\n"
	     "Exit status: 0 done; 1 verify found something; 2 wrong usage or failure.");
	return message_finish_output(EXIT_DONE);
}

static int show_version(void)
{
	printf("pybundle (" PACKAGE_NAME ") " PACKAGE_VERSION "\n"
	       "bundle format:       %d\n"
	       "compression:         zstd %s\n"
	       "default interpreter: %s\n"
	       "standard manifest:   " PKGDATADIR "/startup.yaml\n",
	       PYB_FORMAT_VERSION, ZSTD_versionString(), options_default_python());
	return message_finish_output(EXIT_DONE);
}

/*
 * A closed pipe must not keep us from finishing a file, a file that must not grow is to be told, and
 * children are to be waited for, whatever
 * the program that started us thinks of these signals. message_finish_output() knows what is to be
 * done about a pipe on standard output.
 */
static void set_up_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

/* pybundle3.13 must not make bundles for another version. */
static bool is_called_well(void)
{
	const char *const version = options_called_version();
	struct pyb_interpreter found;

	if (version == NULL || pyb_interpreters_called(version, &found))
		return true;
	message("pystart was not built for CPython %s; 'pystart -X bundle=version' lists what it "
		"was built for",
		version);
	return false;
}

static int run_command(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		argv[0] = commands[i].title;
		return commands[i].run(argc, argv);
	}
	return message_usage("", "there is no command '%s'", name);
}

/* pybundle help [COMMAND] */
static int explain(int argc, char **argv)
{
	char *arguments[] = {NULL, "--help", NULL};

	if (argc > 2)
		return message_usage("", "help explains one command at a time");
	return argc < 2 ? show_help() : run_command(argv[1], 2, arguments);
}

int main(int argc, char **argv)
{
	const char *const name = argc > 1 ? argv[1] : "";

	set_up_signals();
	if (!is_called_well())
		return EXIT_FAILED;
	if (argc < 2)
		return message_usage("", "which command?");
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return show_help();
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		return show_version();
	if (strcmp(name, "help") == 0)
		return explain(argc - 1, argv + 1);
	return run_command(name, argc - 1, argv + 1);
}
