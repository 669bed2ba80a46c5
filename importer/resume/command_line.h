/* SPDX-License-Identifier: MIT */
/*
 * The command line of an interpreter that has no option but the one with which it compiles as its bundle was
 * compiled. It is the only kind that a snapshot is used with: with this option, or none, it was made
 * (Python/initconfig.c: config_parse_cmdline()).
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

struct command_line {
	enum command_kind kind;
	const char *program; /* TEXT, MODULE or FILE; NULL for COMMAND_STDIN */
	int first;           /* of the arguments that become sys.argv */
};

/*
 * Returns false if there is another option than that of level `optimize`, or what only the interpreter itself
 * understands.
 */
bool command_line_read(int argc, char *const *argv, unsigned int optimize,
		       struct command_line *line);

/* How many arguments stand in front of the program's: the interpreter's name, and maybe such an option. */
int command_line_options(int argc, char *const *argv);

#endif
