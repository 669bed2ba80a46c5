/* SPDX-License-Identifier: MIT */
#include "importer/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "importer/session.h"

/* A path may have any. */
static void remove_control_characters(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			text[i] = '?';
}

static void write_line(const char *format, va_list arguments)
{
	char line[2048] = "pystart: ";
	const size_t start = strlen(line);
	const size_t room = sizeof(line) - start - 1;
	const int length = vsnprintf(line + start, room, format, arguments);
	size_t size = start;

	if (length > 0)
		size += (size_t)length < room ? (size_t)length : room - 1;
	remove_control_characters(line, size);
	line[size++] = '\n';
	/* Nothing can be done about a closed stderr. */
	if (write(STDERR_FILENO, line, size) < 0)
		return;
}

void message_warn(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}

void message_refusal(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (session.say_why_not || session.verbose)
		write_line(format, arguments);
	va_end(arguments);
}

void message_verbose(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (session.verbose)
		write_line(format, arguments);
	va_end(arguments);
}
