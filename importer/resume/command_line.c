/* SPDX-License-Identifier: MIT */
#include "importer/resume/command_line.h"

#include <string.h>

bool command_line_read(int argc, char *const *argv, struct command_line *line)
{
	*line = (struct command_line){.kind = COMMAND_STDIN, .first = 1};
	if (argc < 1)
		return false;
	if (argc == 1 || strcmp(argv[1], "-") == 0)
		return true;
	if (argv[1][0] != '-') {
		line->kind = COMMAND_FILE;
		line->program = argv[1];
		return argv[1][0] != '\0';
	}
	if ((strcmp(argv[1], "-c") != 0 && strcmp(argv[1], "-m") != 0) || argc < 3)
		return false;
	line->kind = argv[1][1] == 'c' ? COMMAND_TEXT : COMMAND_MODULE;
	line->program = argv[2];
	/* Its place is taken by the option. */
	line->first = 2;
	return true;
}
