/* SPDX-License-Identifier: MIT */
/* A list of different names in the order in which they came, with a tree to look them up. */
#ifndef BUNDLER_RESOLVE_NAME_LIST_H
#define BUNDLER_RESOLVE_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

/* Start with `struct names names = {0}`. The strings are not copied. */
struct names {
	const char **items;
	size_t count;
	void *tree;
};

/* Append a name unless it is there. Errors: PYB_ERR_MEMORY. */
enum pyb_status names_add(struct names *names, const char *name, struct pyb_error *error);

bool names_has(const struct names *names, const char *name);

void names_release(struct names *names);

#endif
