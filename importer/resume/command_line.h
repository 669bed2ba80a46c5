/* SPDX-License-Identifier: MIT */
/*
 * The command line of an interpreter that a snapshot can be used with: it has no options but that with which it
 * compiles as its bundle was compiled, with which the snapshot was made, and those which matter to nothing before
 * the program runs (Python/initconfig.c: config_parse_cmdline(); Python/getopt.c).
 */
#ifndef IMPORTER_RESUME_COMMAND_LINE_H
#define IMPORTER_RESUME_COMMAND_LINE_H

#include <stdbool.h>

enum command_kind {
	COMMAND_TEXT,   /* -c TEXT */
	COMMAND_MODULE, /* -m MODULE */
	COMMAND_FILE,   /* FILE */
	COMMAND_STDIN,  /* nothing, or - */
};

/* Bits: what is chosen by an option, or by a variable. */
enum command_choice {
	CHOICE_UNBUFFERED = 1 << 0,  /* -u */
	CHOICE_NO_BYTECODE = 1 << 1, /* -B */
	CHOICE_SAFE_PATH = 1 << 2,   /* -P */
};

struct command_line {
	enum command_kind kind;
	const char *program; /* TEXT, MODULE or FILE; NULL for COMMAND_STDIN */
	int words;           /* arguments in front of the program's, that of its option included */
	int first;           /* of the arguments that become sys.argv */
	unsigned int optimize; /* how often there is -O */
	unsigned int choices;  /* enum command_choice */
};

/* Returns false if there is any other option, or what only the interpreter itself understands. */
bool command_line_read(int argc, char *const *argv, struct command_line *line);

#endif
