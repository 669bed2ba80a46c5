/* SPDX-License-Identifier: MIT */
/*
 * The command line of an interpreter without any option, which is the only kind that a snapshot is used
 * with: it was made without (Python/initconfig.c: config_parse_cmdline()).
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

/* Returns false if there is an option, or what only the interpreter itself understands. */
bool command_line_read(int argc, char *const *argv, struct command_line *line);

#endif
