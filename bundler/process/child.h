/* SPDX-License-Identifier: MIT */
/* Starting interpreters. */
#ifndef BUNDLER_PROCESS_CHILD_H
#define BUNDLER_PROCESS_CHILD_H

#include <signal.h>
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

enum {
	CHILD_SECONDS =
		300, /* how long to wait for an interpreter that does nothing but our work */
	CHILD_SECONDS_MAX = 1000000,
};

/* How a script is started, and for how long it is waited for. */
struct child_manners {
	bool without_site;     /* start without the module `site` */
	bool is_silent;        /* its standard error goes nowhere as well */
	const char *hash_seed; /* "PYTHONHASHSEED=" and a number; NULL: 0 */
	int optimize;          /* the level of -O, 0 to 2 */
	int seconds;           /* how long it may go without progress; 0: for ever */
};

/* A program of another kind. Nothing is owned. */
struct child_program {
	char *const *argv; /* looked for on PATH unless there is a slash in it */
	char *const *environment;
	const char *folder; /* where it works */
	const int *streams; /* as in struct spawn; NULL: all of them lead nowhere */
	bool is_plain;      /* as in struct spawn; it blocks no signal either */
	int file;           /* becomes its descriptor 5; SPAWN_OWN or more */
	int seconds;        /* how long it may go without progress; 0: for ever */
};

/* An interpreter that runs a script. It must stay in its place: `answer` points to it. */
struct child {
	pid_t pid;
	int watch;           /* a pidfd, readable when it has ended; -1: the kernel has none */
	int request, output; /* our ends of its pipes, which never block; -1: closed */
	int signals;         /* a signalfd: what would end us; -1: none */
	sigset_t mask;       /* the signals that were blocked before, if there is a signalfd */
	const char *unsent;  /* what is left of the request */
	size_t unsent_size;
	FILE *answer; /* what it writes; reading sends the request, too */
	int seconds;
	int64_t waited; /* nanoseconds since the last progress, as far as we ran ourselves */
	bool is_late;   /* it was ended because it made no progress */
};

#define CHILD_INIT                                                                  \
	{                                                                           \
		.pid = -1, .watch = -1, .request = -1, .output = -1, .signals = -1, \
	}

/* How a child ended. */
struct child_end {
	bool is_known;    /* else it was never there, or could not be waited for */
	bool is_late;     /* it made no progress for `seconds` */
	bool was_stopped; /* it was still running; we had no more use for it */
	int seconds;
	int wait_status; /* as waitpid() gives it */
};

/*
 * Start `python` with the script. Variables of the environment that would change what it finds or
 * compiles are left out. Its standard input is empty, its standard output goes nowhere, its standard
 * error is ours unless it is to be silent. The script gets as arguments the numbers of the descriptors
 * from which it reads what it is asked and to which it answers.
 *
 * It is in a session of its own, without a terminal. Until it is finished with, signals that would
 * end us are blocked; one that comes while `answer` is read ends the child first.
 */
enum pyb_status child_start(struct child *child, const struct child_script *script,
			    const struct child_manners *manners, const char *python,
			    struct pyb_error *error);

/*
 * A file in memory with the script, for child_start_program(): the caller's to close; -1 on failure.
 * Errors: PYB_ERR_IO.
 */
enum pyb_status child_script_file(const struct child_script *script, int *file,
				  struct pyb_error *error);

/*
 * Start a program that may write an answer to its descriptor 4, and is asked for one at 3. Otherwise it
 * is as one that runs a script.
 */
enum pyb_status child_start_program(struct child *child, const struct child_program *program,
				    struct pyb_error *error);

/*
 * What it is asked. Sent while `answer` is read, so that neither side waits for the other; `data`
 * must stay until then. A child that stops reading is no error, for its answer will tell. `answer`
 * ends with the child, even if the descriptor was passed on to somebody who goes on living, and when
 * the child is late.
 */
void child_send(struct child *child, const void *data, size_t size);

/* It got on with its work: the time that it may take begins anew. */
void child_progress(struct child *child);

/*
 * End it, with all processes that it has left in its group, and wait for it; close the descriptors.
 * One that closed its answer before it was done is first given the time to end by itself, so that
 * *end tells why.
 */
void child_finish(struct child *child, bool is_done, struct child_end *end);

/*
 * Write to `text` how a child ended by itself, if it was killed or failed. Returns false if there is
 * no such thing to say.
 */
bool child_describe(const struct child_end *end, char *text, size_t size);

#endif
