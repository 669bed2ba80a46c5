/* SPDX-License-Identifier: MIT */
/*
 * What PYSTART_WITHOUT says: words with commas between them, each for a policy that is to be off.
 * Used by the launcher too, so it needs nothing but string.h.
 */
#ifndef IMPORTER_HANDOFF_WITHOUT_H
#define IMPORTER_HANDOFF_WITHOUT_H

#include <stdbool.h>
#include <stddef.h>

#define WITHOUT_VARIABLE "PYSTART_WITHOUT"

/* The words, for messages. */
#define WITHOUT_WORDS "gc, exit, hugepages, checksums, regex, generated, site"

struct without {
	const char *word; /* `size` bytes of the list, with no NUL behind them */
	size_t size;
	unsigned int policy; /* enum policy; 0: there is no such word */
};

/*
 * Take the next word off *list, without the blanks around it. Empty words are passed over.
 * Returns false at the end of the list.
 */
bool without_next(const char **list, struct without *ret);

#endif
