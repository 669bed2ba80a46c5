/* SPDX-License-Identifier: MIT */
/* A list of start guards that grows: what a process has to find as it was to go on from a snapshot. */
#ifndef BUNDLER_SNAPSHOT_GUARD_LIST_H
#define BUNDLER_SNAPSHOT_GUARD_LIST_H

#include <stddef.h>

#include "lib/buffer.h"
#include "lib/snapshot_format.h"

/* Start with `struct guard_list list = {0}`. */
struct guard_list {
	struct snapshot_guard *guards; /* owned; texts are offsets in the strings */
	size_t count;
	struct pyb_buffer strings; /* begin and end with a NUL, unless there is no guard */
};

/* A guard with its texts; what its kind does not ask for is left out. */
struct guard_text {
	enum guard_kind kind;
	const char *name;
	const void *value;
	size_t value_size;
	uint64_t number;
	struct guard_status status;
};

/* Append a copy. Errors: PYB_ERR_MEMORY; PYB_ERR_INVALID if texts are larger than 4 GiB. */
enum pyb_status guard_list_add(struct guard_list *list, const struct guard_text *guard,
			       struct pyb_error *error);

/*
 * Put those first that are cheap to look at and likely to miss: variables and arguments before paths.
 * Otherwise the order stays; variables are to be added in that of their names (snapshot_format.h).
 */
void guard_list_sort(struct guard_list *list);

void guard_list_release(struct guard_list *list);

#endif
