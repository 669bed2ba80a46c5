/* SPDX-License-Identifier: MIT */
#include "importer/resume/command_line.h"

#include <stddef.h>
#include <string.h>

static bool take_letter(char letter, struct command_line *line)
{
	switch (letter) {
	case 'O':
		line->optimize++;
		return true;
	case 'u':
		line->choices |= CHOICE_UNBUFFERED;
		return true;
	case 'B':
		line->choices |= CHOICE_NO_BYTECODE;
		return true;
	case 'P':
		line->choices |= CHOICE_SAFE_PATH;
		return true;
	default:
		return false;
	}
}

/*
 * The letters behind a hyphen, up to one that a program follows. Returns what is left of them, or NULL if one is
 * another option's.
 */
static const char *take_letters(const char *letters, struct command_line *line)
{
	for (; *letters != '\0' && *letters != 'c' && *letters != 'm'; letters++)
		if (!take_letter(*letters, line))
			return NULL;
	return letters;
}

/* What follows -c or -m, in the same argument or the next one, whose place in sys.argv is the option's. */
static bool take_text(int argc, char *const *argv, const char *letters, struct command_line *line)
{
	const bool is_apart = letters[1] == '\0';

	line->kind = *letters == 'c' ? COMMAND_TEXT : COMMAND_MODULE;
	line->first = is_apart ? line->words + 1 : line->words;
	if (line->first >= argc)
		return false;
	line->program = is_apart ? argv[line->first] : letters + 1;
	return true;
}

static bool take_file(int argc, char *const *argv, struct command_line *line)
{
	line->first = line->words;
	if (line->words == argc || strcmp(argv[line->words], "-") == 0)
		return true;
	line->kind = COMMAND_FILE;
	line->program = argv[line->words];
	return line->program[0] != '\0';
}

bool command_line_read(int argc, char *const *argv, struct command_line *line)
{
	*line = (struct command_line){.kind = COMMAND_STDIN, .words = 1};
	if (argc < 1)
		return false;
	for (; line->words < argc; line->words++) {
		const char *const argument = argv[line->words];
		if (argument[0] != '-' || argument[1] == '\0')
			break;
		const char *const left = take_letters(argument + 1, line);
		if (left == NULL)
			return false;
		if (*left != '\0')
			return take_text(argc, argv, left, line);
	}
	return take_file(argc, argv, line);
}
