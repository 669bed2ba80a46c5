/* SPDX-License-Identifier: MIT */
/* What those who find facts share. */
#ifndef BUNDLER_SNAPSHOT_FACTS_PARTS_H
#define BUNDLER_SNAPSHOT_FACTS_PARTS_H

#include "bundler/snapshot/calls.h"
#include "bundler/snapshot/facts.h"
#include "bundler/snapshot/tracee.h"

/* What was open when the program began, by number. */
struct fact_descriptor {
	int number;
	uint64_t device, inode;
};

/* A call with a path that has begun. */
struct fact_pending {
	pid_t thread;
	int unreadable; /* EFAULT or ENAMETOOLONG: there is no path */
	bool is_empty;  /* it is "", and `look` is of nothing */
	struct tracee_look look;
};

/* What is asked, all in one place; what is left out is 0. */
struct fact_note {
	enum fact_kind kind;
	const char *call;
	const char *path;
	uint64_t number;
	unsigned asked;
	int error;
	const struct tracee_look *look; /* for paths */
	const void *value;
	size_t value_size;
};

/*
 * Add a fact, or what is new to the one that there is of the same kind, path, number and, but for paths,
 * call. The first value and the first error stay. A path that is not as it was becomes FACT_UNSTABLE.
 * Errors: PYB_ERR_MEMORY.
 */
enum pyb_status facts_note(struct facts *facts, const struct fact_note *note,
			   struct pyb_error *error);

/* Whether a file is one of those that /proc and /sys consist of. */
bool facts_is_kernel_file(const struct facts *facts, const char *path,
			  const struct fact_status *status);

/* Whether a fact is about a path that leads to this file. */
bool fact_is_of(const struct fact *fact, const struct fact_status *status);

/*
 * Add to what was asked of a file that has been looked at by its path, or by several. False if there
 * was no such path.
 */
bool facts_mark(struct facts *facts, const struct fact_status *status, unsigned asked);

/* Whether it is a device that always gives or takes the same: null, zero, full. */
bool facts_is_plain_device(const struct fact_status *status);

/* Whether what is at the path itself, link or not, has to be as it was; else only whether it is a link. */
bool fact_needs_link(const struct fact *fact);

/* Whether it gives random bytes. */
bool facts_is_random_device(const struct fact_status *status);

/*
 * Forget all facts, and note with what the process begins: the files that it was made of, and what is
 * open. A file that was opened by a path, and still is, stays a fact.
 */
enum pyb_status facts_begin(struct facts *facts, pid_t process, struct pyb_error *error);

/* Forget what the interpreter asks at its own start and will ask again: see facts.h. */
void facts_forget_own(struct facts *facts);

/* Whether a descriptor is one that was open when the program began. */
bool facts_is_inherited(const struct facts *facts, int descriptor,
			const struct fact_status *status);

static inline int call_error(const struct trace_call *call)
{
	return call->result < 0 ? (int)-call->result : 0;
}

/* A call about a path is about to be made: see what is there. */
enum pyb_status observe_path_before(const struct call *kind, const struct trace_call *call,
				    struct fact_pending *pending, struct pyb_error *error);

/* It has ended. */
enum pyb_status observe_path(struct facts *facts, const struct call *kind,
			     const struct trace_call *call, const struct fact_pending *pending,
			     struct pyb_error *error);

/* Something was asked of a descriptor, which may have been passed as one of a folder. */
enum pyb_status observe_descriptor(struct facts *facts, const struct call *kind,
				   const struct trace_call *call, int descriptor,
				   struct pyb_error *error);

/* A call of which this is not known: a number that it was given, 0 for none. */
enum pyb_status observe_unknown(struct facts *facts, const struct call *kind, uint64_t number,
				struct pyb_error *error);

/* Calls about values, and those where an argument decides. */
enum pyb_status observe_value(struct facts *facts, const struct call *kind,
			      const struct trace_call *call, struct pyb_error *error);

#endif
