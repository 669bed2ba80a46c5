/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_must(bool holds, const char *rule, const char *detail)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s%s%s\n", rule, detail == NULL ? "" : ": ",
		detail == NULL ? "" : detail);
	abort();
}

static uint8_t *copy(const uint8_t *data, size_t size, size_t room)
{
	uint8_t *const bytes = malloc(room);

	if (bytes == NULL && room > 0)
		abort();
	if (size > 0)
		memcpy(bytes, data, size);
	return bytes;
}

uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
	return copy(data, size, size);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *const text = (char *)copy(data, size, size + 1);

	text[size] = '\0';
	return text;
}
