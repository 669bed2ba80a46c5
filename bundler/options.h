/* SPDX-License-Identifier: MIT */
/* The options of all commands. */
#ifndef BUNDLER_OPTIONS_H
#define BUNDLER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

struct options {
	const char *output, *python, *snapshot; /* NULL if not given; not owned */
	int timeout;                            /* seconds; 0: none */
	bool has_timeout;
	bool all, explain, json, merge, quiet, strict, verbose;
	bool is_finished; /* the help was asked for and printed */
};

/* What a command takes: the option letters that it knows, and its help. */
struct options_syntax {
	const char *command;
	const char *help;
	/*
	 * The first letters of its options: of --all, --output, --quiet and --verbose, which can
	 * be written so, and of --explain, --json, --merge, --python, --strict and --timeout as
	 * capitals, which cannot, as N of --snapshot.
	 * -h and --help are always known. A '+' at the beginning ends the options with the first
	 * operand.
	 */
	const char *letters;
};

/*
 * Take the options of argv. Returns EXIT_DONE with *operands pointing to the first operand in argv,
 * or EXIT_FAILED after a message.
 */
int options_parse(struct options *options, const struct options_syntax *syntax, int argc,
		  char **argv, char ***operands);

/*
 * The interpreter that is meant where none is named: under a name such as pybundle3.13 the one that
 * pystart3.13 starts, else the default one. In static storage.
 */
const char *options_default_python(void);

/* The version in a name such as pybundle3.13; NULL under other names. In static storage. */
const char *options_called_version(void);

/*
 * Whether the interpreter `python`, of version `hexversion`, is one that the program's name stands for.
 * `what` tells where it comes from, as in "FILE is for". Errors: PYB_ERR_INVALID if not.
 */
enum pyb_status options_check_called(const char *what, const char *python, uint32_t hexversion,
				     struct pyb_error *error);

#endif
