/* SPDX-License-Identifier: MIT */
/* A traced process, looked at from outside while it is stopped: its memory, and files as it sees them. */
#ifndef BUNDLER_SNAPSHOT_TRACEE_H
#define BUNDLER_SNAPSHOT_TRACEE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bundler/snapshot/facts.h"

/* Copy from its memory. False if not all of it can be read. */
bool tracee_read(pid_t thread, uint64_t address, void *data, size_t size);

/* Errors: PYB_ERR_UNSUPPORTED if nobody can read another process's memory here. */
enum pyb_status tracee_is_readable(pid_t process, struct pyb_error *error);

/*
 * Copy a path, up to its NUL, as the kernel would. Returns 0, EFAULT if it cannot be read or
 * ENAMETOOLONG if there is no NUL.
 */
int tracee_read_path(pid_t thread, uint64_t address, char path[PATH_MAX]);

/* A path of the traced process, and what is there now. Start with TRACEE_NOTHING. */
struct tracee_look {
	char *path; /* owned, absolute; NULL: the folder that it is relative to is not known */
	bool is_relative;    /* to the working folder */
	bool is_from_folder; /* to one that was given as a descriptor */
	bool is_lost;   /* it could not be looked at again: too long, or below a removed folder */
	int descriptor; /* the path is only another name for this one; -1: it is not */
	struct fact_status target, link;
};

#define TRACEE_NOTHING            \
	{                         \
		.descriptor = -1, \
	}

/*
 * Look at a path that the thread has relative to `folder`, a descriptor of its own or AT_FDCWD.
 * Below /proc, the process is "self", whether it has said so or given its number.
 * Errors: PYB_ERR_MEMORY. `look->path` is the caller's to free.
 */
enum pyb_status tracee_look(pid_t thread, int folder, const char *path, struct tracee_look *look,
			    struct pyb_error *error);

/* What a descriptor of the thread is of. */
void tracee_descriptor(pid_t thread, int descriptor, struct fact_status *status);

/* What is at a path of ours. */
void tracee_status(int folder, const char *path, int flags, struct fact_status *status);

#endif
