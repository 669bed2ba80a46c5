/* SPDX-License-Identifier: MIT */
#include "importer/resume/command_line.h"

#include <string.h>

#include "lib/optimize.h"

enum { LEVELS = 3 };

/* Arguments without any option. The first one that becomes sys.argv is counted from theirs. */
static bool read_program(int argc, char *const *argv, struct command_line *line)
{
	*line = (struct command_line){.kind = COMMAND_STDIN};
	if (argc == 0 || strcmp(argv[0], "-") == 0)
		return true;
	if (argv[0][0] != '-') {
		line->kind = COMMAND_FILE;
		line->program = argv[0];
		return argv[0][0] != '\0';
	}
	if ((strcmp(argv[0], "-c") != 0 && strcmp(argv[0], "-m") != 0) || argc < 2)
		return false;
	line->kind = argv[0][1] == 'c' ? COMMAND_TEXT : COMMAND_MODULE;
	line->program = argv[1];
	/* Its place is taken by the option. */
	line->first = 1;
	return true;
}

bool command_line_read(int argc, char *const *argv, unsigned int optimize,
		       struct command_line *line)
{
	const char *const option = pyb_optimize_option(optimize);
	const int count = option == NULL ? 1 : 2;

	if (argc < count || (option != NULL && strcmp(argv[1], option) != 0) ||
	    !read_program(argc - count, argv + count, line))
		return false;
	line->first += count;
	return true;
}

int command_line_options(int argc, char *const *argv)
{
	struct command_line line;

	for (unsigned int level = 1; level < LEVELS; level++)
		if (command_line_read(argc, argv, level, &line))
			return 2;
	return 1;
}
