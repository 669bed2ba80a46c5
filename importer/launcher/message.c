/* SPDX-License-Identifier: MIT */
#include "importer/launcher/message.h"

#include <errno.h>

#include "importer/launcher/system.h"
#include "importer/launcher/text.h"

static void remove_control_characters(struct text *line)
{
	for (size_t i = 0; i < line->length; i++)
		if ((unsigned char)line->bytes[i] < ' ' || line->bytes[i] == '\x7f')
			line->bytes[i] = '?';
}

void message_say_parts(const char *const *parts)
{
	char buffer[3 * TEXT_PATH_SIZE];
	struct text line;

	text_begin(&line, buffer, sizeof(buffer) - 1);
	text_add(&line, "pystart: ");
	for (; *parts != NULL; parts++)
		text_add(&line, *parts);
	remove_control_characters(&line);
	line.bytes[line.length++] = '\n';
	system_write(2, line.bytes, line.length);
}

const char *message_errno(int error)
{
	/* Arrays, not pointers: the launcher is not relocated. */
	static const struct {
		int number;
		char text[40];
	} texts[] = {
		{EPERM, "operation not permitted"},
		{ENOENT, "no such file or directory"},
		{EIO, "input/output error"},
		{E2BIG, "argument list too long"},
		{ENOEXEC, "not in a format that can be executed"},
		{ENOMEM, "out of memory"},
		{EACCES, "permission denied"},
		{ENOTDIR, "a part of the path is not a directory"},
		{EISDIR, "is a directory"},
		{ENFILE, "too many open files in the system"},
		{EMFILE, "too many open files"},
		{ETXTBSY, "the file is being written"},
		{ENAMETOOLONG, "the path is too long"},
		{ELOOP, "too many symbolic links"},
		{ENXIO, "is not a regular file"},
		{ESTALE, "stale file handle"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].number == error)
			return texts[i].text;
	return "the system reports an error";
}
