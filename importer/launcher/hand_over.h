/* SPDX-License-Identifier: MIT */
/* Writing down what importer/handoff/handoff.h describes. */
#ifndef IMPORTER_LAUNCHER_HAND_OVER_H
#define IMPORTER_LAUNCHER_HAND_OVER_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/handoff/handoff.h"

struct handoff {
	int bundle; /* descriptors that execve() hands on */
	int importer;
	unsigned int flags; /* HANDOFF_* */
	const char *bundle_path;
	const char *preload; /* the user's LD_PRELOAD, or NULL */
	const char *process; /* its name in /proc */
};

enum { HANDOFF_ENTRIES = 2 }; /* that come to the environment */

/* Bytes that the text of the entries needs. */
size_t handoff_size(const struct handoff *handoff);

/*
 * Copy the environment `from`, of `count` entries, to `to`, which has room for the new entries and
 * a NULL and may be `from`, and append the new entries, written to `bytes` of handoff_size().
 * Returns false if they do not fit, with `to` as a plain copy.
 */
bool handoff_environment(const struct handoff *handoff, char *const *from, size_t count, char **to,
			 char *bytes);

#endif
