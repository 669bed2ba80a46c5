/* SPDX-License-Identifier: MIT */
#include "importer/launcher/text.h"

#include <string.h>

bool text_equals(const char *one, const char *other)
{
	while (*one != '\0' && *one == *other) {
		one++;
		other++;
	}
	return *one == *other;
}

bool text_starts_with(const char *text, const char *prefix)
{
	while (*prefix != '\0')
		if (*text++ != *prefix++)
			return false;
	return true;
}

bool text_ends_with(const char *text, const char *suffix)
{
	const size_t length = strlen(text);
	const size_t tail = strlen(suffix);
	return length >= tail && text_equals(text + length - tail, suffix);
}

const char *text_base_name(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

void text_begin(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){.bytes = buffer, .size = size};
	buffer[0] = '\0';
}

void text_add_bytes(struct text *text, const char *part, size_t length)
{
	if (length >= text->size - text->length) {
		text->cut = true;
		return;
	}
	memcpy(text->bytes + text->length, part, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *part)
{
	text_add_bytes(text, part, strlen(part));
}

void text_add_number(struct text *text, unsigned long number)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void text_set_parts(struct text *text, const char *const *parts)
{
	text_begin(text, text->bytes, text->size);
	for (; *parts != NULL; parts++)
		text_add(text, *parts);
}
