/* SPDX-License-Identifier: MIT */
/* What the parts of a trace share. */
#ifndef BUNDLER_SNAPSHOT_TRACE_PARTS_H
#define BUNDLER_SNAPSHOT_TRACE_PARTS_H

#include <signal.h>
#include <sys/wait.h>

#include "bundler/snapshot/trace.h"

/* NULL: there is none of that id. */
struct trace_thread *trace_thread_find(const struct trace *trace, pid_t id);

/* Moves the array of threads. Errors: PYB_ERR_MEMORY. */
enum pyb_status trace_thread_add(struct trace *trace, pid_t id, struct pyb_error *error);

/* A thread that has ended; if there is none of that id, nothing happens. */
void trace_thread_drop(struct trace *trace, pid_t id);

/*
 * Take the vdso out of what the kernel has put on the stack of a program that has not begun yet. *entry is
 * where it was, 0 if there is none. Errors: PYB_ERR_IO if that cannot be looked at.
 */
enum pyb_status trace_hide_vdso(pid_t process, uint64_t *entry, struct pyb_error *error);

/* An entry of the auxiliary vector of such a program; 0: there is none. */
uint64_t trace_auxiliary_value(pid_t process, uint64_t kind);

/* Put it back. */
void trace_show_vdso(pid_t process, uint64_t entry);

/* Wait until a thread of which this is certain has ended. */
void trace_await_end(pid_t thread);

/* Why a thread has stopped, from what waitpid() gave: 0, or one of enum __ptrace_eventcodes. */
static inline int trace_stop_event(int status)
{
	return status >> 16;
}

/* The signal that the thread is to get when it goes on; 0: none has stopped it. */
static inline unsigned trace_stop_signal(int status)
{
	const int signal = WSTOPSIG(status);

	return trace_stop_event(status) == 0 && signal < NSIG ? (unsigned)signal : 0;
}

#endif
