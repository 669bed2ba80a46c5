/* SPDX-License-Identifier: MIT */
/* What pybundle tells its user, and its exit statuses. */
#ifndef BUNDLER_MESSAGE_H
#define BUNDLER_MESSAGE_H

#include <stddef.h>

#include "lib/error.h"
#include "manifest/manifest.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FOUND = 1,       /* verify: stale, damaged or unsafe */
	EXIT_FAILED = 2,      /* usage or failure */
	EXIT_UNSUPPORTED = 3, /* verify, list: the bundle is of another version of the format */
};

/* One line on standard error, "pybundle: ..." with a newline behind it. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say what is in `error`; returns EXIT_FAILED. */
int message_error(const struct pyb_error *error);

/* Say what is wrong with a manifest, one line for each problem; returns EXIT_FAILED. */
int message_problems(const struct manifest_problems *problems);

/* Say that the command line is wrong and how to get help; returns EXIT_FAILED. */
int message_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Flush standard output. Returns `status`, or EXIT_FAILED after a message if something that was
 * printed did not get there. Does not return if it was a pipe that nobody reads from any more.
 */
int message_finish_output(int status);

/* A line that shows progress on standard error, if that is a terminal. */
struct progress {
	int is_shown;
	int is_terminal;
};

void progress_init(struct progress *progress, int wanted);
void progress_show(struct progress *progress, size_t done, size_t total);
/* Erase the line; to be called before anything else is printed. */
void progress_erase(struct progress *progress);

#endif
