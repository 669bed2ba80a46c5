/* SPDX-License-Identifier: MIT */
#include "bundler/message.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void message_list(const char *format, va_list arguments)
{
	/* One write for the whole line, so that lines of several programs do not mix. */
	char line[PYB_ERROR_TEXT_SIZE + 256];

	vsnprintf(line, sizeof(line), format, arguments);
	/* Names come from anywhere; they must not command the terminal. */
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	fprintf(stderr, "pybundle: %s\n", line);
}

void message(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_list(format, arguments);
	va_end(arguments);
}

int message_error(const struct pyb_error *error)
{
	message("%s", error->text[0] != '\0' ? error->text : pyb_status_name(error->status));
	return EXIT_FAILED;
}

int message_problems(const struct manifest_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		message("%s", problems->lines[i]);
	return EXIT_FAILED;
}

int message_usage(const char *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_list(format, arguments);
	va_end(arguments);
	message("try 'pybundle%s%s --help'", command[0] == '\0' ? "" : " ", command);
	return EXIT_FAILED;
}

/* End as a program does that has nobody to write for. */
static void end_without_reader(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO};

	if (poll(&output, 1, 0) != 1 || (output.revents & POLLERR) == 0)
		return;
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

int message_finish_output(int status)
{
	const int failed = ferror(stdout);

	if (fflush(stdout) == 0 && !failed)
		return status;
	const int failure = errno;
	end_without_reader();
	message("cannot write to standard output: %s",
		failure != 0 ? strerror(failure) : "output was lost");
	return EXIT_FAILED;
}

void progress_init(struct progress *progress, int wanted)
{
	progress->is_shown = 0;
	progress->is_terminal = wanted && isatty(STDERR_FILENO);
}

void progress_show(struct progress *progress, size_t done, size_t total)
{
	if (!progress->is_terminal)
		return;
	progress->is_shown = 1;
	fprintf(stderr, "\rpybundle: %zu of %zu modules\033[K", done, total);
	fflush(stderr);
}

void progress_erase(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = 0;
}
