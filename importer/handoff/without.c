/* SPDX-License-Identifier: MIT */
#include "importer/handoff/without.h"

#include <string.h>

#include "importer/policy.h"

static unsigned int find_policy(const char *word, size_t size)
{
	/* Arrays, not pointers: the launcher is not relocated. */
	static const struct {
		char word[12];
		unsigned int policy;
	} words[] = {
		{"gc", POLICY_GC},
		{"exit", POLICY_EXIT},
		{"regex", POLICY_REGEX},
		{"hugepages", POLICY_HUGE_PAGES},
		{"site", POLICY_SITE},
		{"generated", POLICY_GENERATED},
		{"checksums", POLICY_CHECK_COLD},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == size && memcmp(words[i].word, word, size) == 0)
			return words[i].policy;
	return 0;
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
