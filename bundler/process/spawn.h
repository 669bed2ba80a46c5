/* SPDX-License-Identifier: MIT */
/* Starting a program with what posix_spawn(3) cannot give it. */
#ifndef BUNDLER_PROCESS_SPAWN_H
#define BUNDLER_PROCESS_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"

enum {
	SPAWN_STREAMS = 3,
	SPAWN_FIRST = 3, /* the number of the first descriptor that is passed on */
	SPAWN_OWN = 10,  /* descriptors from here on are in nobody's way */
};

struct spawn {
	char *const *argv; /* looked for on PATH unless there is a slash in it */
	char *const *environment;
	const sigset_t *mask; /* the signals that it is to block */
	const char *folder;   /* where it works; NULL: where we do */
	/* What becomes its descriptors SPAWN_FIRST and so on; all are SPAWN_OWN or more. */
	const int *descriptors;
	size_t descriptor_count;
	const int *streams; /* what become its standard streams, all SPAWN_OWN or more; or NULL */
	bool is_mute;       /* its standard input is empty, its standard output goes nowhere */
	bool is_silent;     /* its standard error goes nowhere */
	bool dies_first;    /* it is killed when we end, however we end */
	bool is_apart;      /* it is in a session and a group of its own, without a terminal */
	bool is_plain;  /* it ignores no signal, and has no other descriptors, whatever we have */
	bool is_fixed;  /* its memory lies where it lies in each such process: spawn_can_fix() */
	bool is_traced; /* we trace it, by SPAWN_TRACE_OPTIONS */
};

/*
 * What is to be seen of a program that is traced: system calls, and the threads and processes that it
 * starts, which are traced as well. All of them are killed if we end.
 */
#define SPAWN_TRACE_OPTIONS                                                                      \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL)

/*
 * Start a program, with the signals as a shell has them; *pid is its process. All descriptors that
 * are to be closed must have FD_CLOEXEC. One that is traced has stopped at PTRACE_EVENT_EXEC, which is
 * still to be waited for. Errors: PYB_ERR_IO, PYB_ERR_MEMORY; the text names the program.
 * PYB_ERR_UNSUPPORTED: it cannot be traced.
 */
enum pyb_status spawn_start(pid_t *pid, const struct spawn *spawn, struct pyb_error *error);

/* Whether this machine lets a process have its memory at fixed places: Docker does not. */
bool spawn_can_fix(void);

/*
 * Move a descriptor to where it is in nobody's way. Returns the new one, SPAWN_OWN or more and closed on exec; -1, with
 * errno, if there is no room, or, with errno as it was, if `descriptor` is -1. The old one is closed in any case.
 */
int spawn_move(int descriptor);

/* A pipe whose ends are closed on exec and in nobody's way. On failure both ends are -1. */
enum pyb_status spawn_pipe(int ends[2], struct pyb_error *error);

#endif
