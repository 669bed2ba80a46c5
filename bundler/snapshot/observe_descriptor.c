/* SPDX-License-Identifier: MIT */
/* Calls about a descriptor: is it of a file that the program has looked for, or does it come from outside? */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bundler/snapshot/facts_parts.h"

/*
 * What fcntl(2) and ioctl(2) can be asked and told of a descriptor. The names tell facts of one descriptor
 * apart.
 */
struct request {
	enum call_form form;
	unsigned number;
	const char *name;
	enum fact_kind kind; /* if the descriptor comes from outside */
};

/* What TCGETS has become with termios2; from Linux's asm-generic/ioctls.h. */
#define TERMINAL_GET_2 _IOR('T', 0x2A, char[44])

static const struct request requests[] = {
	{CALL_FCNTL, F_DUPFD, "F_DUPFD", FACT_DESCRIPTOR},
	{CALL_FCNTL, F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC", FACT_DESCRIPTOR},
	{CALL_FCNTL, F_GETFD, "F_GETFD", FACT_DESCRIPTOR},
	{CALL_FCNTL, F_SETFD, "F_SETFD", FACT_PROCESS_CHANGE},
	{CALL_FCNTL, F_GETFL, "F_GETFL", FACT_DESCRIPTOR},
	{CALL_FCNTL, F_SETFL, "F_SETFL", FACT_PROCESS_CHANGE},
	{CALL_IOCTL, FIOCLEX, "FIOCLEX", FACT_PROCESS_CHANGE},
	{CALL_IOCTL, FIONCLEX, "FIONCLEX", FACT_PROCESS_CHANGE},
	{CALL_IOCTL, TCGETS, "TCGETS", FACT_TERMINAL},
	{CALL_IOCTL, TERMINAL_GET_2, "TCGETS2", FACT_TERMINAL},
	{CALL_IOCTL, TIOCGWINSZ, "TIOCGWINSZ", FACT_TERMINAL},
	{CALL_IOCTL, TIOCGPGRP, "TIOCGPGRP", FACT_TERMINAL},
	{CALL_IOCTL, TIOCGSID, "TIOCGSID", FACT_TERMINAL},
};

static bool has_request(const struct call *kind)
{
	return kind->form == CALL_FCNTL || kind->form == CALL_IOCTL;
}

/* NULL: it is none of these. */
static const struct request *find_request(const struct call *kind, const struct trace_call *call)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].form == kind->form &&
		    requests[i].number == (unsigned)call->arguments[1])
			return &requests[i];
	return NULL;
}

static unsigned asked_by(const struct call *kind, const struct trace_call *call)
{
	switch (kind->form) {
	case CALL_STATUS:
	case CALL_DESCRIPTOR_STATUS:
	case CALL_IOCTL:
		return FACT_STATUS;
	case CALL_READ:
		return FACT_CONTENTS;
	case CALL_LIST:
		return FACT_NAMES;
	case CALL_MAP:
		return FACT_CONTENTS |
		       ((call->arguments[3] & MAP_SHARED) != 0 ? (unsigned)FACT_SHARED : 0);
	default:
		return FACT_EXISTENCE;
	}
}

/* What it means to do that with what comes from outside. */
static enum fact_kind kind_of(const struct call *kind, const struct request *request)
{
	switch (kind->form) {
	case CALL_READ:
	case CALL_LIST:
	case CALL_MAP:
		return FACT_INPUT;
	case CALL_WRITE:
		return FACT_OUTPUT;
	default:
		return request == NULL ? FACT_DESCRIPTOR : request->kind;
	}
}

/* The size of a terminal; of the others, whether there is one. */
static size_t read_window(const struct trace_call *call, struct winsize *size)
{
	if (call->result != 0 || (unsigned)call->arguments[1] != TIOCGWINSZ ||
	    !tracee_read(call->thread, call->arguments[2], size, sizeof(*size)))
		return 0;
	return sizeof(*size);
}

static enum pyb_status note_outside(struct facts *facts, const struct fact_note *asked,
				    const struct trace_call *call, struct pyb_error *error)
{
	struct fact_note note = *asked;
	struct winsize window;

	/* Nothing is read from, written to or changed of one that is not open: that is the fact then. */
	if (note.error == EBADF)
		note.kind = FACT_DESCRIPTOR;
	if (note.kind == FACT_TERMINAL) {
		note.value = &window;
		note.value_size = read_window(call, &window);
	} else if (note.kind == FACT_DESCRIPTOR && note.error == 0) {
		note.value = &call->result;
		note.value_size = sizeof(call->result);
	}
	return facts_note(facts, &note, error);
}

/* Whether a file that was looked for by its path tells all that there is to know. */
static bool is_told_by_path(enum fact_kind kind, const struct fact_status *found)
{
	if (!S_ISCHR(found->mode) || facts_is_plain_device(found) || facts_is_random_device(found))
		return true;
	return kind != FACT_INPUT && kind != FACT_OUTPUT && kind != FACT_TERMINAL;
}

enum pyb_status observe_descriptor(struct facts *facts, const struct call *kind,
				   const struct trace_call *call, int descriptor,
				   struct pyb_error *error)
{
	const struct request *const request = find_request(kind, call);
	struct tracee_look look = TRACEE_NOTHING;

	if (has_request(kind) && request == NULL)
		return observe_unknown(facts, kind, (unsigned)call->arguments[1], error);
	tracee_descriptor(call->thread, descriptor, &look.target);
	const struct fact_note note = {
		.kind = kind_of(kind, request),
		.call = request == NULL ? kind->name : request->name,
		.number = (uint64_t)descriptor,
		.asked = asked_by(kind, call),
		.error = call_error(call),
		.look = &look,
	};
	const bool is_of_path = facts_mark(facts, &look.target, note.asked);
	if (is_of_path && is_told_by_path(note.kind, &look.target) &&
	    !facts_is_inherited(facts, descriptor, &look.target))
		return PYB_OK;
	return note_outside(facts, &note, call, error);
}
