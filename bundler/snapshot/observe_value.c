/* SPDX-License-Identifier: MIT */
/* Calls that ask for a value, and those that an argument makes harmless or not. */
#include <errno.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "bundler/snapshot/facts_parts.h"
#include "lib/trace_mark.h"

#ifdef __x86_64__
#include <asm/prctl.h>
#endif

static enum pyb_status note(struct facts *facts, enum fact_kind fact, const struct call *kind,
			    uint64_t number, struct pyb_error *error)
{
	return facts_note(facts,
			  &(struct fact_note){.kind = fact, .call = kind->name, .number = number},
			  error);
}

static enum pyb_status note_value(struct facts *facts, const struct fact_note *note,
				  const void *value, size_t size, struct pyb_error *error)
{
	struct fact_note whole = *note;

	whole.value = value;
	whole.value_size = size;
	return facts_note(facts, &whole, error);
}

static enum pyb_status note_number(struct facts *facts, const struct fact_note *note, int64_t value,
				   struct pyb_error *error)
{
	return note_value(facts, note, &value, sizeof(value), error);
}

/* The value lies in the process's memory; the buffer has room for it. */
static enum pyb_status note_memory(struct facts *facts, const struct trace_call *call,
				   struct fact_note *note, uint64_t address, void *buffer,
				   size_t size, struct pyb_error *error)
{
	if (note->error != 0)
		return facts_note(facts, note, error);
	if (tracee_read(call->thread, address, buffer, size))
		return note_value(facts, note, buffer, size, error);
	note->kind = FACT_UNKNOWN;
	return facts_note(facts, note, error);
}

/* --- values */

static enum pyb_status observe_groups(struct facts *facts, const struct trace_call *call,
				      struct fact_note *note, struct pyb_error *error)
{
	/* How many there are, and which, are two questions. */
	note->number = (int)call->arguments[0] != 0;
	if (note->error != 0 || note->number == 0 || call->result == 0)
		return note_number(facts, note, call->result, error);
	const size_t size = (size_t)call->result * sizeof(uint32_t);
	void *const groups = malloc(size);
	if (groups == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const enum pyb_status status =
		note_memory(facts, call, note, call->arguments[1], groups, size, error);
	free(groups);
	return status;
}

static enum pyb_status observe_three_ids(struct facts *facts, const struct trace_call *call,
					 struct fact_note *note, struct pyb_error *error)
{
	uint32_t ids[3] = {0};

	for (size_t i = 0; i < 3 && note->error == 0; i++)
		if (!tracee_read(call->thread, call->arguments[i], &ids[i], sizeof(ids[i])))
			note->kind = FACT_UNKNOWN;
	return note_value(facts, note, ids, sizeof(ids), error);
}

static enum pyb_status observe_limit(struct facts *facts, const struct trace_call *call,
				     struct fact_note *note, uint64_t address,
				     struct pyb_error *error)
{
	struct rlimit limit;

	return note_memory(facts, call, note, address, &limit, sizeof(limit), error);
}

static enum pyb_status observe_prlimit(struct facts *facts, const struct trace_call *call,
				       struct fact_note *note, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	const struct fact_note change = {
		.kind = FACT_PROCESS_CHANGE, .call = note->call, .number = note->number};

	if (call->arguments[3] != 0)
		status = observe_limit(facts, call, note, call->arguments[3], error);
	if (status == PYB_OK && call->arguments[2] != 0)
		status = facts_note(facts, &change, error);
	return status;
}

enum { PROCESSORS_MAX = 65536 }; /* more than any kernel is built for */

static enum pyb_status observe_processors(struct facts *facts, const struct trace_call *call,
					  struct fact_note *note, struct pyb_error *error)
{
	uint8_t set[PROCESSORS_MAX / CHAR_BIT];
	size_t size = (size_t)call->result;

	if (note->error != 0 || size > sizeof(set) ||
	    !tracee_read(call->thread, call->arguments[2], set, size)) {
		if (note->error == 0)
			note->kind = FACT_UNKNOWN;
		return facts_note(facts, note, error);
	}
	/* How many zeros there are behind it depends on who asks. */
	while (size > 0 && set[size - 1] == 0)
		size--;
	return note_value(facts, note, set, size, error);
}

static enum pyb_status observe_umask(struct facts *facts, const struct trace_call *call,
				     struct fact_note *note, struct pyb_error *error)
{
	facts->umask = (int64_t)(call->arguments[0] & (S_IRWXU | S_IRWXG | S_IRWXO));
	return note_number(facts, note, call->result, error);
}

/* As the kernel has it; the C library has its own struct. */
struct kernel_action {
	uint64_t handler, flags;
};

static enum pyb_status observe_signal(struct facts *facts, const struct trace_call *call,
				      struct fact_note *note, struct pyb_error *error)
{
	const bool is_set = call->arguments[1] != 0, is_asked = call->arguments[2] != 0;
	struct kernel_action action;
	int64_t disposition = FACT_SIGNAL_HANDLED;

	note->number = (uint32_t)call->arguments[0];
	note->asked = (is_asked ? FACT_DISPOSITION : 0U) | (is_set ? FACT_HANDLED : 0U);
	const struct fact *const known = facts_find(facts, FACT_SIGNAL, NULL, note->number);
	/* What the program has set itself is no fact. */
	if (note->error != 0 || !is_asked || (known != NULL && (known->asked & FACT_HANDLED) != 0))
		return facts_note(facts, note, error);
	if (!tracee_read(call->thread, call->arguments[2], &action, sizeof(action)))
		note->kind = FACT_UNKNOWN;
	else if (action.handler == (uintptr_t)SIG_DFL)
		disposition = FACT_SIGNAL_DEFAULT;
	else if (action.handler == (uintptr_t)SIG_IGN)
		disposition = FACT_SIGNAL_IGNORED;
	return note_number(facts, note, disposition, error);
}

static enum pyb_status observe_signal_mask(struct facts *facts, const struct trace_call *call,
					   struct fact_note *note, struct pyb_error *error)
{
	uint64_t mask;

	if (call->arguments[2] != 0)
		return note_memory(facts, call, note, call->arguments[2], &mask, sizeof(mask),
				   error);
	return call->arguments[1] != 0 ? facts_note(facts, note, error) : PYB_OK;
}

static enum pyb_status observe_result(struct facts *facts, const struct trace_call *call,
				      struct fact_note *note, struct pyb_error *error)
{
	if (note->kind == FACT_SCHEDULING)
		note->number = (uint32_t)call->arguments[0];
	return note_number(facts, note, call->result, error);
}

/* --- where an argument decides */

static enum pyb_status observe_clone(struct facts *facts, const struct call *kind, uint64_t flags,
				     struct pyb_error *error)
{
	const bool is_thread = (flags & CLONE_THREAD) != 0;

	return note(facts, is_thread ? FACT_THREAD : FACT_CHILD, kind, 0, error);
}

static enum pyb_status observe_clone_args(struct facts *facts, const struct call *kind,
					  const struct trace_call *call, struct pyb_error *error)
{
	uint64_t flags;

	if (!tracee_read(call->thread, call->arguments[0], &flags, sizeof(flags)))
		return observe_unknown(facts, kind, 0, error);
	return observe_clone(facts, kind, flags, error);
}

static enum pyb_status observe_prctl(struct facts *facts, const struct call *kind,
				     const struct trace_call *call, struct pyb_error *error)
{
	enum { SET_VMA = 0x53564d41 }; /* PR_SET_VMA: names of mappings */
	const uint32_t option = (uint32_t)call->arguments[0];
	struct fact_note capability = {.kind = FACT_IDENTITY,
				       .call = kind->name,
				       .number = call->arguments[1],
				       .error = call_error(call)};

	switch (option) {
	case SET_VMA:
	case TRACE_MARK:
		return PYB_OK;
	case PR_CAPBSET_READ:
		return note_number(facts, &capability, call->result, error);
	case PR_SET_NAME:
		return note(facts, FACT_PROCESS_CHANGE, kind, option, error);
	default:
		return observe_unknown(facts, kind, option, error);
	}
}

/* Of the thread pointer, and of what the processor has for control flow, if the kernel has that. */
static bool is_harmless_arch_prctl(const struct trace_call *call)
{
#ifdef __x86_64__
	const uint32_t what = (uint32_t)call->arguments[0];

	return what == ARCH_SET_FS || what == ARCH_GET_FS || call->result < 0;
#else
	(void)call;
	return false;
#endif
}

static enum pyb_status observe_argument(struct facts *facts, const struct call *kind,
					const struct trace_call *call, struct pyb_error *error)
{
	switch (kind->form) {
	case CALL_CLONE:
		return observe_clone(facts, kind, call->arguments[0], error);
	case CALL_CLONE_ARGS:
		return observe_clone_args(facts, kind, call, error);
	case CALL_PRCTL:
		return observe_prctl(facts, kind, call, error);
	case CALL_ARCH_PRCTL:
		return is_harmless_arch_prctl(call)
			       ? PYB_OK
			       : observe_unknown(facts, kind, (uint32_t)call->arguments[0], error);
	case CALL_POLL:
		return (uint32_t)call->arguments[1] == 0 ? PYB_OK
							 : note(facts, FACT_WAIT, kind, 0, error);
	case CALL_SELECT:
		return (uint32_t)call->arguments[0] == 0 ? PYB_OK
							 : note(facts, FACT_WAIT, kind, 0, error);
	case CALL_MEMBARRIER: {
		const uint32_t command = (uint32_t)call->arguments[0];
		return command == MEMBARRIER_CMD_QUERY
			       ? PYB_OK
			       : note(facts, FACT_PROCESS_CHANGE, kind, command, error);
	}
	default:
		return observe_unknown(facts, kind, 0, error);
	}
}

enum { DROPPABLE = 8 }; /* MAP_DROPPABLE of Linux 6.11 */

static enum pyb_status observe_map(struct facts *facts, const struct call *kind,
				   const struct trace_call *call, struct pyb_error *error)
{
	const uint64_t protection = call->arguments[2], flags = call->arguments[3];
	const bool is_shared = (flags & MAP_SHARED) != 0;

	/* Where the vdso's getrandom() keeps what it needs to give bytes without a system call. */
	if ((flags & MAP_TYPE) == DROPPABLE)
		return note(facts, FACT_RANDOM, kind, 0, error);
	if ((flags & MAP_ANONYMOUS) != 0 && !is_shared)
		return PYB_OK;
	if (is_shared && ((flags & MAP_ANONYMOUS) != 0 || (protection & PROT_WRITE) != 0))
		return note(facts, FACT_SHARED_MEMORY, kind, 0, error);
	return observe_descriptor(facts, kind, call, (int)call->arguments[4], error);
}

static enum pyb_status observe_working_folder(struct facts *facts, const struct trace_call *call,
					      struct fact_note *note, struct pyb_error *error)
{
	char folder[PATH_MAX];

	if (call->result > (int64_t)sizeof(folder))
		note->kind = FACT_UNKNOWN;
	if (note->kind == FACT_UNKNOWN || note->error != 0)
		return facts_note(facts, note, error);
	return note_memory(facts, call, note, call->arguments[0], folder, (size_t)call->result,
			   error);
}

static enum pyb_status observe_names(struct facts *facts, const struct trace_call *call,
				     struct fact_note *note, struct pyb_error *error)
{
	struct utsname names;

	return note_memory(facts, call, note, call->arguments[0], &names, sizeof(names), error);
}

enum pyb_status observe_value(struct facts *facts, const struct call *kind,
			      const struct trace_call *call, struct pyb_error *error)
{
	struct fact_note note = {.kind = kind->kind, .call = kind->name, .error = call_error(call)};

	switch (kind->form) {
	case CALL_MAP:
		return observe_map(facts, kind, call, error);
	case CALL_CLOCK:
		note.number = (uint32_t)call->arguments[0];
		return facts_note(facts, &note, error);
	case CALL_WORKING_FOLDER:
		return observe_working_folder(facts, call, &note, error);
	case CALL_UNAME:
		return observe_names(facts, call, &note, error);
	case CALL_RESULT:
		return observe_result(facts, call, &note, error);
	case CALL_GROUPS:
		return observe_groups(facts, call, &note, error);
	case CALL_THREE_IDS:
		return observe_three_ids(facts, call, &note, error);
	case CALL_LIMIT:
		note.number = (uint32_t)call->arguments[0];
		return observe_limit(facts, call, &note, call->arguments[1], error);
	case CALL_PRLIMIT:
		note.number = (uint32_t)call->arguments[1];
		return observe_prlimit(facts, call, &note, error);
	case CALL_PROCESSORS:
		return observe_processors(facts, call, &note, error);
	case CALL_UMASK:
		return observe_umask(facts, call, &note, error);
	case CALL_SIGNAL:
		return observe_signal(facts, call, &note, error);
	case CALL_SIGNAL_MASK:
		return observe_signal_mask(facts, call, &note, error);
	default:
		return observe_argument(facts, kind, call, error);
	}
}
