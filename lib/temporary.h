/* SPDX-License-Identifier: MIT */
/*
 * Temporary files that are locked as long as somebody writes to them, so that those that a process
 * left behind when it was killed can be told from those in use.
 */
#ifndef PYB_TEMPORARY_H
#define PYB_TEMPORARY_H

#include "lib/error.h"

/* Owned by who called pyb_temporary_create(): the path is to be freed, the descriptor closed. */
struct pyb_temporary {
	char *path;
	int descriptor; /* open for writing; holds the lock until its last duplicate is closed */
};

/*
 * Make an empty file of mode 0600 in the folder of `path`; its name begins with a dot. The lock is
 * an advisory one, see flock(2). Errors: PYB_ERR_IO, PYB_ERR_MEMORY; the text names `path`.
 */
enum pyb_status pyb_temporary_create(struct pyb_temporary *ret, const char *path,
				     struct pyb_error *error);

/*
 * Remove the files of pyb_temporary_create() in the folder of `path` that belong to us and that
 * nobody has locked. Where nothing can be locked, nothing is removed. What fails is left alone.
 */
void pyb_temporary_sweep(const char *path);

#endif
