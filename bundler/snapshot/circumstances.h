/* SPDX-License-Identifier: MIT */
/* What a start may be given that no guard asks for: each kind is as far from the others as may be. */
#ifndef BUNDLER_SNAPSHOT_CIRCUMSTANCES_H
#define BUNDLER_SNAPSHOT_CIRCUMSTANCES_H

#include <stdbool.h>
#include <stddef.h>

#include "bundler/process/spawn.h"
#include "bundler/snapshot/variables.h"
#include "lib/error.h"

enum { CIRCUMSTANCES = 2 };

struct circumstances {
	char **environment; /* owned, but for its strings */
	char **texts;       /* owned, with its strings: what was made for the others */
	char **arguments;   /* owned, but for its strings */
	const char *folder;
	bool has_terminal; /* if that can be had */
};

/*
 * Make those of a kind below CIRCUMSTANCES, with the variables of an environment in them; its strings must
 * stay there. Those that are guarded are as there. To be released also after an error. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status circumstances_make(int kind, char *const *environment,
				   const struct variables *guarded,
				   struct circumstances *circumstances, struct pyb_error *error);

void circumstances_release(struct circumstances *circumstances);

/* What become the standard streams of a process. */
struct circumstances_streams {
	int given
		[SPAWN_STREAMS]; /* the third is a file that can be read when the process has ended */
	int terminal;            /* the other end of the first two, or -1 */
};

/* Open them; to be closed also after an error. Errors: PYB_ERR_IO. */
enum pyb_status circumstances_open(const struct circumstances *circumstances,
				   struct circumstances_streams *streams, struct pyb_error *error);

void circumstances_close(struct circumstances_streams *streams);

/* How many strings there are before the NULL. */
size_t circumstances_count(char *const *strings);

#endif
