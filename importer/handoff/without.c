/* SPDX-License-Identifier: MIT */
#include "importer/handoff/without.h"

#include <stdint.h>
#include <string.h>

/* Arrays, not pointers: the launcher is not relocated. */
struct policy_word {
	char word[12];
	uint32_t policy;
};

#define WORD_OF_KEY(name, bit, key, on, off, is_default, word, what) {word, PYB_POLICY_##name},
#define WORD(name, bit, word) {word, PYB_POLICY_##name},

static const struct policy_word words[] = {PYB_POLICIES(WORD_OF_KEY) PYB_IMPORTER_POLICIES(WORD)};
enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

static uint32_t find_policy(const char *word, size_t size)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		if (size > 0 && strlen(words[i].word) == size &&
		    memcmp(words[i].word, word, size) == 0)
			return words[i].policy;
	return 0;
}

void without_list_words(char *text)
{
	char *end = text;

	for (size_t i = 0; i < WORD_COUNT; i++) {
		const size_t size = strlen(words[i].word);
		if (size == 0)
			continue;
		if (end != text) {
			memcpy(end, ", ", 2);
			end += 2;
		}
		memcpy(end, words[i].word, size);
		end += size;
	}
	*end = '\0';
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n';
}

bool without_next(const char **list, struct without *ret)
{
	const char *at = *list;

	while (*at == ',' || is_blank(*at))
		at++;
	const char *end = at;
	while (*end != '\0' && *end != ',')
		end++;
	*list = end;
	while (end > at && is_blank(end[-1]))
		end--;
	const size_t size = (size_t)(end - at);
	*ret = (struct without){at, size, find_policy(at, size)};
	return size > 0;
}
