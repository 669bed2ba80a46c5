/* SPDX-License-Identifier: MIT */
/* Starting interpreters. */
#ifndef BUNDLER_CHILD_H
#define BUNDLER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/error.h"

/* A Python program of ours. */
struct child_script {
	const char *name; /* as it is called in tracebacks */
	const char *text;
};

/* What a child that executes foreign code is started with. */
struct child_manners {
	bool without_site;     /* start without the module `site` */
	bool is_silent;        /* its standard error goes nowhere as well */
	const char *hash_seed; /* "PYTHONHASHSEED=" and a number; NULL: 0 */
	int seconds; /* it is killed after that time, or when it is finished with; 0: it is not */
};

/* An interpreter that runs a script. It must stay in its place: `answer` points to it. */
struct child {
	pid_t pid;
	int watch;           /* a pidfd, readable when it has ended; -1: the kernel has none */
	int request, output; /* our ends of its pipes, which never block; -1: closed */
	const char *unsent;  /* what is left of the request */
	size_t unsent_size;
	FILE *answer;     /* what it writes; reading sends the request, too */
	int64_t deadline; /* CLOCK_MONOTONIC, in milliseconds; 0: none */
	bool is_late;     /* it was killed at the deadline */
};

#define CHILD_INIT                                                  \
	{                                                           \
		.pid = -1, .watch = -1, .request = -1, .output = -1 \
	}

/*
 * Start `python` with the script, compiling for the -O level `optimize`. Variables of the
 * environment that would change what it finds or compiles are left out. Its standard input is
 * empty, its standard output goes nowhere, its standard error is ours unless it is to be silent. The
 * script gets as arguments the numbers of the descriptors from which it reads what it is asked and
 * to which it answers.
 */
enum pyb_status child_start(struct child *child, const struct child_script *script,
			    const char *python, int optimize, struct pyb_error *error);

/* The same, otherwise than by default. */
enum pyb_status child_start_with(struct child *child, const struct child_script *script,
				 const struct child_manners *manners, const char *python,
				 int optimize, struct pyb_error *error);

/*
 * What it is asked. Sent while `answer` is read, so that neither side waits for the other; `data`
 * must stay until then. A child that stops reading is no error, for its answer will tell. `answer`
 * ends with the child, even if the descriptor was passed on to somebody who goes on living.
 */
void child_send(struct child *child, const void *data, size_t size);

/*
 * Close the descriptors and wait for it. *wait_status is as waitpid() gives it. Errors: PYB_ERR_IO.
 */
enum pyb_status child_finish(struct child *child, int *wait_status, struct pyb_error *error);

/*
 * Run a program as a shell would: our standard streams and environment, default signals; while it
 * runs, interrupts from the terminal are its business, and a request to terminate is passed on.
 */
enum pyb_status child_run(char *const argv[], int *wait_status, struct pyb_error *error);

#endif
