/* SPDX-License-Identifier: MIT */
/*
 * Finding the launcher's entries in an environment, and taking them out. Libraries that are loaded
 * before the importer may have changed it: removed LD_PRELOAD, or set it to something of their own.
 * Nothing here allocates or calls functions that a library would stand in for to change it again.
 */
#ifndef IMPORTER_HANDOFF_ENVIRONMENT_H
#define IMPORTER_HANDOFF_ENVIRONMENT_H

#include "importer/handoff/parse.h"

/*
 * The last entry of the vector, which ends with NULL, that reads PYSTART_HANDOFF=... in the form of
 * handoff.h, or NULL. *ret then points into it. A vector that is NULL has none.
 */
char *handoff_find(char *const *environment, struct handoff_received *ret);

/*
 * The same among the strings that the kernel has put one after the other, from `start` on up to
 * `end`: they are there when no vector leads to them any more. The launcher's are the last two, and
 * `end` is behind the NUL of the last.
 */
char *handoff_find_behind(char *start, char *end, struct handoff_received *ret);

/*
 * Take out of a vector all entries that read as `entry` does, and `object`, the name that the importer was
 * loaded by, from the values of LD_PRELOAD. One that names nothing else is taken out, and one that is the
 * launcher's copy of the user's. The bytes of entries that are taken out become zero, for
 * /proc/self/environ shows them. `entry` itself, unless it is NULL, is left to the caller to wipe.
 */
void handoff_remove(char **environment, const char *entry, const char *object);

#endif
