/* SPDX-License-Identifier: MIT */
/*
 * What an interpreter knows of the process that it has started in. Before a snapshot is made of it, each
 * part prepares: it looks whether all that is known of the process can be made new, remembers where that
 * is, and lets go of it. In a process that goes on with the snapshot it is made new. Needs the GIL.
 *
 * Who asks the interpreter, and keeps the answer elsewhere, would keep that of the process that the snapshot was
 * made of. Of two starts whose memory is compared the second is therefore told something else before any code of
 * others runs, and what is made new is the same again when both prepare: what still differs is such a copy.
 */
#ifndef IMPORTER_RESUME_RENEW_H
#define IMPORTER_RESUME_RENEW_H

#include <stdint.h>

#include "importer/cpython/compat.h"
#include "importer/resume/command_line.h"
#include "importer/snapshot/initial_stack.h"

/* The process as it is now. */
struct renew_from {
	const struct initial_stack *stack;
	struct command_line line;
	uint64_t ignored_signals; /* as struct snapshot_process has them */
	size_t thread_stack;      /* thread_stack_find(), when it began */
};

struct renewal {
	const char *name; /* for messages */
	/* Returns NULL, or why it cannot be made new: static storage. No exception is left. */
	const char *(*prepare)(void);
	/* Returns false with an exception set, for want of memory. */
	bool (*renew)(const struct renew_from *from);
	/* Before module `site` is imported. Allocates the same in both. NULL: there is nothing to do. */
	void (*vary)(enum command_kind kind, bool is_second);
};

/*
 * Find an attribute of a module, if that was imported: *attribute gets a new reference, or NULL if it was not.
 * Returns false if it was, and has no such attribute. Sets no exception.
 */
bool renew_find(const char *module, const char *name, PyObject **attribute);

/* In their order. */
extern const struct renewal renew_environment, renew_arguments, renew_choices, renew_thread,
	renew_clock, renew_streams, renew_modules, renew_signals;

#endif
