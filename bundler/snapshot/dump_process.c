/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/dump_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bundler/snapshot/dump_start.h"
#include "bundler/snapshot/facts_guards.h"
#include "lib/snapshot.h"
#include "lib/snapshot_handoff.h"

/* The files that it writes are its descriptors SPAWN_FIRST and the next one, in this order. */
enum { PAGES, TABLES, FILES };

/* A process on its way. */
struct running {
	const struct dump_plan *plan;
	struct dump_process *process;
	struct pair_watch watch;
	struct trace trace;
	struct trace_outcome outcome;
	int files[FILES];
};

static enum pyb_status system_error(struct pyb_error *error, const char *what)
{
	return pyb_error_set(error, pyb_error_of_system(errno), "cannot %s: %s", what,
			     strerror(errno));
}

/* --- files in memory */

static enum pyb_status make_file(int *file, struct pyb_error *error)
{
	*file = spawn_move(memfd_create("snapshot", MFD_CLOEXEC));
	return *file < 0 ? system_error(error, "make a file in memory") : PYB_OK;
}

static enum pyb_status read_file(int file, struct pyb_buffer *bytes, struct pyb_error *error)
{
	const off_t size = lseek(file, 0, SEEK_END);

	if (size < 0)
		return system_error(error, "read a file in memory");
	const enum pyb_status status = pyb_buffer_reserve(bytes, (size_t)size, error);
	while (status == PYB_OK && bytes->size < (size_t)size) {
		const ssize_t got =
			TEMP_FAILURE_RETRY(pread(file, bytes->data + bytes->size,
						 (size_t)size - bytes->size, (off_t)bytes->size));
		if (got <= 0)
			return system_error(error, "read a file in memory");
		bytes->size += (size_t)got;
	}
	return status;
}

/* --- its end */

/* Why it has not come so far as it should; `what` is what it should have done. */
static enum pyb_status ended_early(const struct running *running, const char *what,
				   struct pyb_error *error)
{
	const struct trace_outcome *const outcome = &running->outcome;

	switch (outcome->event) {
	case TRACE_INTERRUPTED:
		return pyb_error_set(error, PYB_ERR_IO, "interrupted by a signal");
	case TRACE_LATE:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the interpreter needed longer than %d s %s",
				     running->plan->seconds, what);
	case TRACE_KILLED:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the interpreter was ended by signal %d (%s) %s",
				     outcome->value, strsignal(outcome->value), what);
	default:
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the interpreter ended with status %d %s; its messages are "
				     "shown by 'PYSTART_BUNDLE=FILE %s -c pass'",
				     outcome->value, what, running->plan->launcher);
	}
}

/* It says itself why there is no snapshot. */
static enum pyb_status refused(struct running *running, struct pyb_error *error)
{
	struct pyb_buffer *const why = &running->process->tables;
	const bool is_chance = running->outcome.value == SNAPSHOT_AGAIN;
	enum pyb_status status = read_file(running->files[TABLES], why, error);

	if (status != PYB_OK)
		return status;
	status = pyb_error_set(error, is_chance ? PYB_ERR_AGAIN : PYB_ERR_UNSUPPORTED, "%.*s",
			       why->size > 0 ? (int)why->size : 0,
			       why->size > 0 ? (const char *)why->data : "");
	pyb_buffer_release(why);
	return status;
}

static bool has_refused(const struct trace_outcome *outcome)
{
	return outcome->event == TRACE_EXITED &&
	       (outcome->value == SNAPSHOT_REFUSED || outcome->value == SNAPSHOT_AGAIN);
}

/* --- on its way */

/* Its arguments, as the kernel has them. */
static enum pyb_status read_arguments(struct running *running, struct pyb_error *error)
{
	char name[64], chunk[4096];
	ssize_t got;
	enum pyb_status status = PYB_OK;

	snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)running->trace.pid);
	const int file = open(name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return system_error(error, "read the arguments of the interpreter");
	while (status == PYB_OK && (got = TEMP_FAILURE_RETRY(read(file, chunk, sizeof(chunk)))) > 0)
		status = pyb_buffer_append(&running->process->arguments, chunk, (size_t)got, error);
	close(file);
	return status;
}

static enum pyb_status come_to_mark(struct running *running, struct pyb_error *error)
{
	struct dump_process *const process = running->process;
	running->watch.behind = facts_watcher(&process->facts);
	const struct trace_watcher watcher = pair_watcher(&running->watch);
	enum pyb_status status = trace_follow(&running->trace, &watcher, running->plan->seconds,
					      &running->outcome, error);

	if (status != PYB_OK)
		return status;
	if (has_refused(&running->outcome))
		return refused(running, error);
	if (running->outcome.event != TRACE_REACHED)
		return ended_early(running, "before it was ready", error);
	status = facts_end(&process->facts, running->trace.pid, error);
	facts_sort(&process->facts);
	return status == PYB_OK ? read_arguments(running, error) : status;
}

/* What it does from here on is about the snapshot alone. */
static enum pyb_status come_to_end(struct running *running, struct pyb_error *error)
{
	static const struct trace_watcher nobody;
	enum pyb_status status = trace_follow(&running->trace, &nobody, running->plan->seconds,
					      &running->outcome, error);

	if (status != PYB_OK)
		return status;
	if (has_refused(&running->outcome))
		return refused(running, error);
	if (running->outcome.event != TRACE_EXITED || running->outcome.value != SNAPSHOT_MADE)
		return ended_early(running, "while it wrote the snapshot", error);
	status = read_file(running->files[PAGES], &running->process->pages, error);
	if (status == PYB_OK)
		status = read_file(running->files[TABLES], &running->process->tables, error);
	return status;
}

static int64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What it draws while it writes is no more part of it. */
static enum pyb_status start_and_follow(struct running *running, bool is_look,
					struct pyb_error *error)
{
	const struct dump_start start = {.plan = running->plan,
					 .member = running->watch.member,
					 .files = running->files,
					 .file_count = FILES,
					 .hides_vdso = is_look};
	enum pyb_status status = dump_start(&start, &running->trace, error);

	running->process->id = running->trace.pid;
	if (status == PYB_OK)
		status = come_to_mark(running, error);
	if (status == PYB_OK && is_look)
		status = facts_check(&running->process->facts, error);
	if (status == PYB_OK && (!is_look || running->watch.member != PAIR_NONE))
		status = come_to_end(running, error);
	trace_finish(&running->trace);
	return status;
}

static enum pyb_status run(const struct dump_plan *plan, enum pair_member member, bool is_look,
			   struct dump_process *process, struct pyb_error *error)
{
	struct running running = {.plan = plan,
				  .process = process,
				  .watch = {.member = member},
				  .trace = TRACE_INIT,
				  .files = {-1, -1}};
	enum pyb_status status = PYB_OK;

	*process = (struct dump_process){.begun = now()};
	for (int i = 0; i < FILES && status == PYB_OK; i++)
		status = make_file(&running.files[i], error);
	if (status == PYB_OK)
		status = start_and_follow(&running, is_look, error);
	for (int i = 0; i < FILES; i++)
		if (running.files[i] >= 0)
			close(running.files[i]);
	return status;
}

enum pyb_status dump_process_look(const struct dump_plan *plan, enum pair_member member,
				  struct dump_process *process, struct pyb_error *error)
{
	return run(plan, member, true, process, error);
}

enum pyb_status dump_process_run(const struct dump_plan *plan, struct dump_process *process,
				 struct pyb_error *error)
{
	return run(plan, PAIR_NONE, false, process, error);
}

enum pyb_status dump_process_open(const struct dump_process *process, struct snapshot *snapshot,
				  struct pyb_error *error)
{
	const struct pyb_bytes section = {process->tables.data, process->tables.size};
	struct pyb_error fault = {0};
	const enum pyb_status status = pyb_snapshot_open(&section, snapshot, &fault);

	if (status == PYB_OK && snapshot->pages_size == process->pages.size)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_INVALID,
			     "what the interpreter has written of itself is wrong: %s",
			     status != PYB_OK ? fault.text : "pages are missing");
}

void dump_process_release(struct dump_process *process)
{
	facts_release(&process->facts);
	pyb_buffer_release(&process->arguments);
	pyb_buffer_release(&process->tables);
	pyb_buffer_release(&process->pages);
	*process = (struct dump_process){0};
}
