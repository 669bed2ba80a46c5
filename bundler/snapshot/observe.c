/* SPDX-License-Identifier: MIT */
/* From a system call to facts: who is to look at it. */
#include <stdlib.h>

#include "bundler/snapshot/facts_parts.h"
#include "lib/array.h"
#include "lib/trace_mark.h"

static bool has_path(enum call_form form)
{
	return form >= CALL_STATUS && form <= CALL_MOVE;
}

static bool has_descriptor(enum call_form form)
{
	return form >= CALL_DESCRIPTOR && form <= CALL_IOCTL;
}

enum pyb_status observe_unknown(struct facts *facts, const struct call *kind, uint64_t number,
				struct pyb_error *error)
{
	const struct fact_note note = {.kind = FACT_UNKNOWN, .call = kind->name, .number = number};

	return facts_note(facts, &note, error);
}

static enum pyb_status observe_call(struct facts *facts, const struct call *kind,
				    const struct trace_call *call, struct pyb_error *error)
{
	if (kind->form == CALL_HARMLESS)
		return PYB_OK;
	if (kind->form == CALL_NAMED)
		return facts_note(
			facts, &(struct fact_note){.kind = kind->kind, .call = kind->name}, error);
	if (has_descriptor(kind->form))
		return observe_descriptor(facts, kind, call, (int)call->arguments[0], error);
	return observe_value(facts, kind, call, error);
}

/* --- calls with a path, which are looked at twice */

static enum pyb_status path_begins(struct facts *facts, const struct call *kind,
				   const struct trace_call *call, struct pyb_error *error)
{
	void *list = facts->pending;
	struct fact_pending pending = {.thread = call->thread};
	enum pyb_status status =
		pyb_array_grow(&list, facts->pending_count, sizeof(pending), error);

	if (status != PYB_OK)
		return status;
	facts->pending = list;
	status = observe_path_before(kind, call, &pending, error);
	if (status == PYB_OK)
		facts->pending[facts->pending_count++] = pending;
	return status;
}

static bool take_pending(struct facts *facts, pid_t thread, struct fact_pending *pending)
{
	for (size_t i = 0; i < facts->pending_count; i++) {
		if (facts->pending[i].thread != thread)
			continue;
		*pending = facts->pending[i];
		facts->pending[i] = facts->pending[--facts->pending_count];
		return true;
	}
	return false;
}

static enum pyb_status path_ends(struct facts *facts, const struct call *kind,
				 const struct trace_call *call, struct pyb_error *error)
{
	struct fact_pending pending;

	/* The program's own execve(2), which began in the program before. */
	if (!take_pending(facts, call->thread, &pending))
		return PYB_OK;
	const enum pyb_status status = observe_path(facts, kind, call, &pending, error);
	free(pending.look.path);
	return status;
}

/* --- what the trace tells */

static enum pyb_status begins(void *cookie, const struct trace_call *call, struct pyb_error *error)
{
	const struct call *const kind = call_find(call->number);
	struct fact_pending earlier;

	if (call->is_child || call->is_foreign || kind == NULL || !has_path(kind->form))
		return PYB_OK;
	/* A signal has interrupted it, and it is made again. */
	if (take_pending(cookie, call->thread, &earlier))
		free(earlier.look.path);
	return path_begins(cookie, kind, call, error);
}

static enum pyb_status ends(void *cookie, const struct trace_call *call, struct pyb_error *error)
{
	static const struct call foreign = {.name = "a call of another architecture"};
	static const struct call unknown = {.name = "system call"};
	const struct call *const kind = call_find(call->number);

	if (call->is_child)
		return PYB_OK;
	if (call->is_foreign || kind == NULL)
		return observe_unknown(cookie, call->is_foreign ? &foreign : &unknown, call->number,
				       error);
	if (has_path(kind->form))
		return path_ends(cookie, kind, call, error);
	return observe_call(cookie, kind, call, error);
}

static enum pyb_status executed(void *cookie, pid_t process, struct pyb_error *error)
{
	return facts_begin(cookie, process, error);
}

static enum pyb_status marked(void *cookie, pid_t process, unsigned mark, struct pyb_error *error)
{
	if (mark == TRACE_MARK_BEGIN)
		return facts_begin(cookie, process, error);
	if (mark >= TRACE_MARK_BODY)
		((struct facts *)cookie)->harmless = mark - TRACE_MARK_BODY;
	else
		facts_forget_own(cookie);
	return PYB_OK;
}

struct trace_watcher facts_watcher(struct facts *facts)
{
	return (struct trace_watcher){.begins = begins,
				      .ends = ends,
				      .executed = executed,
				      .marked = marked,
				      .cookie = facts};
}
