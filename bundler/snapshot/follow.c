/* SPDX-License-Identifier: MIT */
/* A program that runs under trace: each stop of its threads, and how long it may take. */
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundler/snapshot/trace_parts.h"
#include "lib/trace_mark.h"

#if defined(__x86_64__)
enum { ARCHITECTURE = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCHITECTURE = (int)AUDIT_ARCH_AARCH64 };
#endif

/*
 * What the kernel has a call return, to itself, that a signal interrupts and that is to be made again
 * (include/linux/errno.h).
 */
enum {
	RESTART_FIRST = -516, /* ERESTART_RESTARTBLOCK */
	RESTART_LAST = -512,  /* ERESTARTSYS */
};

enum { STOP_OF_CALL = SIGTRAP | 0x80 }; /* PTRACE_O_TRACESYSGOOD */

enum { NS_PER_SECOND = 1000000000 };

struct following {
	struct trace *trace;
	const struct trace_watcher *watcher;
	struct trace_outcome *outcome;
	bool is_done;
};

/* --- system calls */

/* The mark that the program itself has raised with this call; 0: none. */
static unsigned mark_of(const struct trace_call *call)
{
	if (call->is_child || call->is_foreign || call->number != SYS_prctl ||
	    (uint32_t)call->arguments[0] != TRACE_MARK)
		return 0;
	const uint64_t mark = call->arguments[1];
	const bool is_body = mark >= TRACE_MARK_BODY && mark <= TRACE_MARK_BODY + TRACE_BODY_ALL;
	return mark <= TRACE_MARK_SITE || is_body ? (unsigned)mark : 0;
}

static enum pyb_status call_begins(struct following *following, struct trace_thread *thread,
				   const struct __ptrace_syscall_info *info,
				   struct pyb_error *error)
{
	const struct trace_watcher *const watcher = following->watcher;

	if (following->trace->hidden != 0 && thread->id == following->trace->pid) {
		trace_show_vdso(thread->id, following->trace->hidden);
		following->trace->hidden = 0;
	}
	thread->is_inside = true;
	thread->call = (struct trace_call){
		.thread = thread->id,
		.is_child = thread->is_child,
		.is_foreign = info->arch != (uint32_t)ARCHITECTURE,
		.number = info->entry.nr,
	};
	for (size_t i = 0; i < TRACE_ARGUMENTS; i++)
		thread->call.arguments[i] = info->entry.args[i];
	if (watcher->begins == NULL)
		return PYB_OK;
	return watcher->begins(watcher->cookie, &thread->call, error);
}

static enum pyb_status call_ends(struct following *following, struct trace_thread *thread,
				 int64_t result, struct pyb_error *error)
{
	const struct trace_watcher *const watcher = following->watcher;
	struct trace_call *const call = &thread->call;

	/* The first that a new thread does is to return from the call that has made it. */
	if (!thread->is_inside || (result >= RESTART_FIRST && result <= RESTART_LAST))
		return PYB_OK;
	thread->is_inside = false;
	call->result = result;
	const unsigned mark = mark_of(call);
	if (mark == 0)
		return watcher->ends == NULL ? PYB_OK : watcher->ends(watcher->cookie, call, error);
	following->is_done = mark == TRACE_MARK_END;
	if (following->is_done)
		following->outcome->event = TRACE_REACHED;
	else if (watcher->marked != NULL)
		return watcher->marked(watcher->cookie, following->trace->pid, mark, error);
	return PYB_OK;
}

static enum pyb_status on_call(struct following *following, struct trace_thread *thread,
			       struct pyb_error *error)
{
	struct __ptrace_syscall_info info = {0};
	const long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, (void *)sizeof(info), &info);

	if (size < 0 && errno == ESRCH)
		return PYB_OK; /* it is being killed */
	if (size < 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "this kernel does not tell which system calls a process makes "
				     "(Linux does from 5.3 on): %s",
				     strerror(errno));
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		return call_begins(following, thread, &info, error);
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		return call_ends(following, thread, info.exit.rval, error);
	return PYB_OK;
}

/* --- all that a thread can stop for */

/* The main thread has got the number of its process, and none is left but the one that executed. */
static enum pyb_status on_exec(struct following *following, struct trace_thread *thread,
			       pid_t former, struct pyb_error *error)
{
	const struct trace_watcher *const watcher = following->watcher;
	const struct trace_thread *const caller = trace_thread_find(following->trace, former);
	const pid_t id = thread->id;

	if (caller != NULL && caller != thread) {
		thread->is_inside = caller->is_inside;
		thread->call = caller->call;
		thread->call.thread = id;
		trace_thread_drop(following->trace, former);
	}
	if (id != following->trace->pid)
		return PYB_OK;
	const enum pyb_status status =
		following->trace->hides_vdso ? trace_hide_vdso(id, &following->trace->hidden, error)
					     : PYB_OK;
	if (status != PYB_OK || watcher->executed == NULL)
		return status;
	return watcher->executed(watcher->cookie, id, error);
}

static enum pyb_status on_event(struct following *following, struct trace_thread *thread, int event,
				struct pyb_error *error)
{
	unsigned long message = 0;

	if (event == PTRACE_EVENT_STOP ||
	    ptrace(PTRACE_GETEVENTMSG, thread->id, NULL, &message) != 0)
		return PYB_OK;
	if (event == PTRACE_EVENT_EXEC)
		return on_exec(following, thread, (pid_t)message, error);
	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
	    event == PTRACE_EVENT_VFORK)
		return trace_thread_add(following->trace, (pid_t)message, error);
	return PYB_OK;
}

static bool is_stopping(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* A process that somebody has stopped stays so until it is told to go on. */
static enum pyb_status go_on(pid_t id, int status, struct pyb_error *error)
{
	const bool is_group =
		trace_stop_event(status) == PTRACE_EVENT_STOP && is_stopping(WSTOPSIG(status));
	const uintptr_t signal = trace_stop_signal(status);
	const long done = is_group ? ptrace(PTRACE_LISTEN, id, NULL, NULL)
				   : ptrace(PTRACE_SYSCALL, id, NULL, signal);

	/* ESRCH: it was killed. */
	if (done == 0 || errno == ESRCH)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO, "cannot go on with the trace of a process: %s",
			     strerror(errno));
}

static void on_end(struct following *following, pid_t id, int status)
{
	if (id == following->trace->pid) {
		following->is_done = true;
		following->outcome->event = WIFEXITED(status) ? TRACE_EXITED : TRACE_KILLED;
		following->outcome->value =
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	}
	trace_thread_drop(following->trace, id);
}

static enum pyb_status on_stop(struct following *following, pid_t id, int status,
			       struct pyb_error *error)
{
	struct trace_thread *const thread = trace_thread_find(following->trace, id);
	enum pyb_status result = PYB_OK;

	if (trace_stop_event(status) != 0)
		result = on_event(following, thread, trace_stop_event(status), error);
	else if (WSTOPSIG(status) == STOP_OF_CALL)
		result = on_call(following, thread, error);
	if (result != PYB_OK || !following->is_done)
		return result != PYB_OK ? result : go_on(id, status, error);
	thread->is_stopped = true;
	return PYB_OK;
}

/* --- waiting */

/* What has happened to one of the threads. Returns its id, or 0 if nothing has happened. */
static pid_t look_around(const struct trace *trace, int *status)
{
	for (size_t i = 0; i < trace->count; i++) {
		const pid_t id = trace->threads[i].id;
		const pid_t found = waitpid(id, status, __WALL | WNOHANG);
		if (found == id)
			return id;
		/* Another thread's execve(2) has ended it. */
		if (found < 0 && errno == ECHILD && id != trace->pid) {
			*status = 0;
			return id;
		}
	}
	return 0;
}

static int64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* No more than a second counts at a time: we may have been stopped ourselves, and it with us. */
static bool is_late(struct trace *trace, int seconds)
{
	const int64_t time = now(), passed = time - trace->last;

	trace->waited += passed < NS_PER_SECOND ? passed : NS_PER_SECOND;
	trace->last = time;
	return seconds > 0 && trace->waited >= (int64_t)seconds * NS_PER_SECOND;
}

/* Whether a signal that would end us has come; it stays pending. Those that are ignored are not kept. */
static bool is_interrupted(void)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t pending;

	if (sigpending(&pending) != 0)
		return false;
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigismember(&pending, ending[i]) == 1)
			return true;
	return false;
}

/* Whether it is to end before the program does. */
static void look_at_the_clock(struct following *following, int seconds)
{
	if (is_late(following->trace, seconds))
		following->outcome->event = TRACE_LATE;
	else if (is_interrupted())
		following->outcome->event = TRACE_INTERRUPTED;
	else
		return;
	following->is_done = true;
}

static enum pyb_status follow(struct following *following, const sigset_t *child_signal,
			      int seconds, struct pyb_error *error)
{
	static const struct timespec a_while = {.tv_nsec = NS_PER_SECOND / 5};
	struct trace *const trace = following->trace;
	enum pyb_status status = PYB_OK;

	while (status == PYB_OK && !following->is_done) {
		int stop = 0;
		const pid_t id = look_around(trace, &stop);
		if (id != 0 && WIFSTOPPED(stop))
			status = on_stop(following, id, stop, error);
		else if (id != 0)
			on_end(following, id, stop);
		else
			sigtimedwait(child_signal, NULL, &a_while);
		if (!following->is_done)
			look_at_the_clock(following, seconds);
	}
	return status;
}

enum pyb_status trace_follow(struct trace *trace, const struct trace_watcher *watcher, int seconds,
			     struct trace_outcome *outcome, struct pyb_error *error)
{
	struct following following = {.trace = trace, .watcher = watcher, .outcome = outcome};
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	struct sigaction action;
	sigset_t child_signal, mask;
	enum pyb_status status = PYB_OK;

	*outcome = (struct trace_outcome){0};
	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	/* One that is ignored is not sent; one that is blocked is not lost. */
	sigprocmask(SIG_BLOCK, &child_signal, &mask);
	sigaction(SIGCHLD, &usual, &action);
	trace->last = now();
	trace->waited = 0;
	for (size_t i = 0; i < trace->count && status == PYB_OK; i++)
		if (trace->threads[i].is_stopped) {
			trace->threads[i].is_stopped = false;
			status = go_on(trace->threads[i].id, 0, error);
		}
	if (status == PYB_OK)
		status = follow(&following, &child_signal, seconds, error);
	sigaction(SIGCHLD, &action, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return status;
}
