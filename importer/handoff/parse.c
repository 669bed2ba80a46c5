/* SPDX-License-Identifier: MIT */
#include "importer/handoff/parse.h"

#include <limits.h>
#include <stddef.h>

/* A decimal number up to `max` with a colon behind it; *text is moved behind that. */
static bool take_number(char **text, unsigned int max, unsigned int *number)
{
	unsigned int value = 0;
	char *at = *text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10U, &value) ||
		    __builtin_add_overflow(value, (unsigned int)(*at - '0'), &value))
			return false;
	if (at == *text || *at != ':' || value > max)
		return false;
	*number = value;
	*text = at + 1;
	return true;
}

bool handoff_parse(char *text, struct handoff_received *ret)
{
	unsigned int descriptor, flags;

	if (!take_number(&text, INT_MAX, &descriptor) || !take_number(&text, UINT_MAX, &flags) ||
	    *text == '\0')
		return false;
	*ret = (struct handoff_received){
		.bundle_descriptor = (int)descriptor, .flags = flags, .bundle_path = text};
	return true;
}
