/* SPDX-License-Identifier: MIT */
/*
 * What PYSTART_WITHOUT says: words with commas between them, each for a policy that is to be off. Which
 * words there are, lib/policy.h says.
 * Used by the launcher too, so it needs nothing but string.h.
 */
#ifndef IMPORTER_HANDOFF_WITHOUT_H
#define IMPORTER_HANDOFF_WITHOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/policy.h"

#define WITHOUT_VARIABLE "PYSTART_WITHOUT"

/* Room for all words, with ", " between them and a NUL behind the last. */
/* NOLINTBEGIN(bugprone-macro-parentheses): terms of a sum */
#define WITHOUT_ROOM_OF_KEY(name, bit, key, on, off, is_default, word, what) +sizeof(", " word)
#define WITHOUT_ROOM(name, bit, word) +sizeof(", " word)
/* NOLINTEND(bugprone-macro-parentheses) */
enum {
	WITHOUT_WORDS_SIZE = 1 PYB_POLICIES(WITHOUT_ROOM_OF_KEY) PYB_IMPORTER_POLICIES(WITHOUT_ROOM)
};

/* Write the words that there are to `text`, of WITHOUT_WORDS_SIZE, for messages. */
void without_list_words(char *text);

struct without {
	const char *word; /* `size` bytes of the list, with no NUL behind them */
	size_t size;
	unsigned int policy; /* enum pyb_policy; 0: there is no such word */
};

/*
 * Take the next word off *list, without the blanks around it. Empty words are passed over.
 * Returns false at the end of the list.
 */
bool without_next(const char **list, struct without *ret);

#endif
