/* SPDX-License-Identifier: MIT */
/* Calls about a descriptor: is it of a file that the program has looked for, or does it come from outside? */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bundler/snapshot/facts_parts.h"

/* What TCGETS has become with termios2; from Linux's asm-generic/ioctls.h. */
enum { TERMINAL_GET_2 = (int)_IOR('T', 0x2A, char[44]) };

static bool is_terminal_request(unsigned request)
{
	return request == TCGETS || request == (unsigned)TERMINAL_GET_2 || request == TIOCGWINSZ ||
	       request == TIOCGPGRP || request == TIOCGSID;
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
static enum fact_kind kind_of(const struct call *kind, const struct trace_call *call)
{
	switch (kind->form) {
	case CALL_READ:
	case CALL_LIST:
	case CALL_MAP:
		return FACT_INPUT;
	case CALL_WRITE:
		return FACT_OUTPUT;
	case CALL_FCNTL: {
		const uint64_t command = call->arguments[1];
		return command == F_SETFL || command == F_SETFD ? FACT_PROCESS_CHANGE
								: FACT_DESCRIPTOR;
	}
	case CALL_IOCTL:
		return is_terminal_request((unsigned)call->arguments[1]) ? FACT_TERMINAL
									 : FACT_PROCESS_CHANGE;
	default:
		return FACT_DESCRIPTOR;
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

static enum pyb_status note_outside(struct facts *facts, const struct call *kind,
				    const struct trace_call *call, int descriptor,
				    const struct fact_status *found, struct pyb_error *error)
{
	const struct tracee_look look = {.target = *found};
	struct fact_note note = {.kind = kind_of(kind, call),
				 .call = kind->name,
				 .number = (uint64_t)descriptor,
				 .asked = asked_by(kind, call),
				 .error = call_error(call),
				 .look = &look};
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

/* A request or command that is known. */
static bool is_known(const struct call *kind, const struct trace_call *call)
{
	const uint64_t what = call->arguments[1];

	if (kind->form == CALL_FCNTL)
		return what == F_DUPFD || what == F_DUPFD_CLOEXEC || what == F_GETFD ||
		       what == F_SETFD || what == F_GETFL || what == F_SETFL;
	if (kind->form == CALL_IOCTL)
		return is_terminal_request((unsigned)what) || (unsigned)what == FIOCLEX ||
		       (unsigned)what == FIONCLEX;
	return true;
}

/* Whether a file that was looked for by its path tells all that there is to know. */
static bool is_told_by_path(const struct call *kind, const struct trace_call *call,
			    const struct fact_status *found)
{
	if (!S_ISCHR(found->mode) || facts_is_plain_device(found) || facts_is_random_device(found))
		return true;
	const enum fact_kind fact = kind_of(kind, call);
	return fact != FACT_INPUT && fact != FACT_OUTPUT && fact != FACT_TERMINAL;
}

enum pyb_status observe_descriptor(struct facts *facts, const struct call *kind,
				   const struct trace_call *call, int descriptor,
				   struct pyb_error *error)
{
	struct fact_status found;

	if (!is_known(kind, call))
		return observe_unknown(facts, kind, call->arguments[1], error);
	tracee_descriptor(call->thread, descriptor, &found);
	const bool is_of_path = facts_mark(facts, &found, asked_by(kind, call));
	if (is_of_path && is_told_by_path(kind, call, &found) &&
	    !facts_is_inherited(facts, descriptor, &found))
		return PYB_OK;
	return note_outside(facts, kind, call, descriptor, &found, error);
}
