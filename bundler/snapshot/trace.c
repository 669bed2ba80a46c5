/* SPDX-License-Identifier: MIT */
/* The threads of a program that is traced: from its start until we let go of them. */
#include "bundler/snapshot/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundler/snapshot/trace_parts.h"
#include "lib/array.h"

struct trace_thread *trace_thread_find(const struct trace *trace, pid_t id)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->threads[i].id == id)
			return &trace->threads[i];
	return NULL;
}

enum pyb_status trace_thread_add(struct trace *trace, pid_t id, struct pyb_error *error)
{
	void *threads = trace->threads;
	const enum pyb_status status =
		pyb_array_grow(&threads, trace->count, sizeof(*trace->threads), error);

	if (status != PYB_OK)
		return status;
	trace->threads = threads;
	/* A signal that is none: it can be sent to the thread of a process only if it has such a one. */
	trace->threads[trace->count++] = (struct trace_thread){
		.id = id, .is_child = syscall(SYS_tgkill, trace->pid, id, 0) != 0};
	return PYB_OK;
}

void trace_thread_drop(struct trace *trace, pid_t id)
{
	struct trace_thread *const thread = trace_thread_find(trace, id);

	if (thread == NULL)
		return;
	for (size_t i = (size_t)(thread - trace->threads) + 1; i < trace->count; i++)
		trace->threads[i - 1] = trace->threads[i];
	trace->count--;
}

enum pyb_status trace_start(struct trace *trace, const struct spawn *spawn, struct pyb_error *error)
{
	struct spawn traced = *spawn;
	pid_t pid;

	*trace = (struct trace)TRACE_INIT;
	traced.is_traced = true;
	enum pyb_status status = spawn_start(&pid, &traced, error);
	if (status != PYB_OK)
		return status;
	trace->pid = pid;
	status = trace_thread_add(trace, pid, error);
	if (status == PYB_OK)
		return PYB_OK;
	kill(pid, SIGKILL);
	trace_await_end(pid);
	*trace = (struct trace)TRACE_INIT;
	return status;
}

void trace_await_end(pid_t thread)
{
	int status;

	while (TEMP_FAILURE_RETRY(waitpid(thread, &status, __WALL)) == thread && WIFSTOPPED(status))
		;
}

static void forget(struct trace *trace)
{
	free(trace->threads);
	*trace = (struct trace)TRACE_INIT;
}

/* Let go of a thread. What had stopped it, if it was a signal, still reaches it. */
static void let_go(const struct trace_thread *thread)
{
	int status = 0;

	if (!thread->is_stopped &&
	    (ptrace(PTRACE_INTERRUPT, thread->id, NULL, NULL) != 0 ||
	     TEMP_FAILURE_RETRY(waitpid(thread->id, &status, __WALL)) != thread->id ||
	     !WIFSTOPPED(status)))
		return;
	const uintptr_t signal = trace_stop_signal(status);
	ptrace(PTRACE_DETACH, thread->id, NULL, signal);
}

void trace_detach(struct trace *trace)
{
	for (size_t i = trace->count; i > 0; i--)
		let_go(&trace->threads[i - 1]);
	forget(trace);
}

void trace_finish(struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		kill(trace->threads[i].id, SIGKILL);
	/* The end of a main thread is not told before all others have been waited for. */
	for (size_t i = trace->count; i > 0; i--)
		trace_await_end(trace->threads[i - 1].id);
	forget(trace);
}
