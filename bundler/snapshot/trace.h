/* SPDX-License-Identifier: MIT */
/*
 * Seeing all system calls of a program from its execve(2) on, with ptrace(2). Nothing of ours is in
 * the traced process, and what the C library and ld.so do inside themselves is seen as well.
 *
 * Threads and processes that it starts are traced, too; none of them outlives the trace. All functions
 * must be called by one and the same thread, for the kernel knows that one as the tracer.
 */
#ifndef BUNDLER_SNAPSHOT_TRACE_H
#define BUNDLER_SNAPSHOT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bundler/process/spawn.h"
#include "lib/error.h"

enum { TRACE_ARGUMENTS = 6 };

/* A system call of a thread. */
struct trace_call {
	pid_t thread;
	bool is_child;   /* the thread is one of a process that the program has started */
	bool is_foreign; /* made as on another architecture: the number is not one of ours */
	uint64_t number;
	uint64_t arguments[TRACE_ARGUMENTS]; /* of an int, the lower half counts */
	int64_t result;                      /* once it has ended; an error is -errno */
};

/*
 * Who is told what happens, while the thread is stopped and its memory can be read. Any of these
 * functions may be NULL; one that does not return PYB_OK ends the trace.
 */
struct trace_watcher {
	/* A call is about to be made. Nothing has been looked at or changed yet. */
	enum pyb_status (*begins)(void *cookie, const struct trace_call *call,
				  struct pyb_error *error);
	/* It has ended. One that a signal interrupts and that is made again ends once. */
	enum pyb_status (*ends)(void *cookie, const struct trace_call *call,
				struct pyb_error *error);
	/* The program has become another one: its memory is new. Comes before execve(2) ends. */
	enum pyb_status (*executed)(void *cookie, pid_t process, struct pyb_error *error);
	/* The program says how far it has come: `mark` is TRACE_MARK_BEGIN or TRACE_MARK_SITE. */
	enum pyb_status (*marked)(void *cookie, pid_t process, unsigned mark,
				  struct pyb_error *error);
	void *cookie;
};

enum trace_event {
	TRACE_REACHED, /* the program has raised TRACE_MARK_END and is stopped there */
	TRACE_EXITED,  /* `value` is its exit status */
	TRACE_KILLED,  /* `value` is the signal */
	TRACE_LATE,    /* it has neither ended nor raised the mark in time */
	TRACE_INTERRUPTED, /* a signal that would end us waits, for its being blocked, to be delivered */
};

struct trace_outcome {
	enum trace_event event;
	int value;
};

struct trace_thread {
	pid_t id;
	bool is_child;   /* as in struct trace_call */
	bool is_inside;  /* `call` has begun and not ended */
	bool is_stopped; /* we have seen it stop, and not yet let it go on */
	struct trace_call call;
};

/* A program that is traced. Start with TRACE_INIT. */
struct trace {
	pid_t pid;                    /* the program's process; -1: none */
	struct trace_thread *threads; /* owned; the first one is the program's main thread */
	size_t count;
	/* The C libraries of the programs that it executes are not told where the vdso is: what that tells
	   takes a call then. */
	bool hides_vdso;
	uint64_t
		hidden; /* where that is hidden now, until the program has made its first call; 0: nowhere */
	int64_t last, waited; /* nanoseconds: when we last looked at the clock; how long it took */
};

#define TRACE_INIT         \
	{                  \
		.pid = -1, \
	}

/*
 * Start a program as spawn_start() does, stopped at its first instruction.
 * Errors: those of spawn_start(), and PYB_ERR_UNSUPPORTED where processes cannot be traced.
 */
enum pyb_status trace_start(struct trace *trace, const struct spawn *spawn,
			    struct pyb_error *error);

/*
 * Let it run, for no longer than `seconds` (0: for ever), until it ends or raises TRACE_MARK_END, or until
 * SIGHUP, SIGINT, SIGQUIT or SIGTERM comes while it is blocked. May
 * be called again if it has raised the mark. Errors: those of the watcher, PYB_ERR_MEMORY, PYB_ERR_IO,
 * and PYB_ERR_UNSUPPORTED if the kernel does not tell what calls are made.
 */
enum pyb_status trace_follow(struct trace *trace, const struct trace_watcher *watcher, int seconds,
			     struct trace_outcome *outcome, struct pyb_error *error);

/*
 * Let it go on untraced. The process is a child of ours as any other then, to be waited for by the
 * caller; *trace is as after TRACE_INIT.
 */
void trace_detach(struct trace *trace);

/* End all that is left of it, if anything, and wait for that; *trace is as after TRACE_INIT. */
void trace_finish(struct trace *trace);

#endif
