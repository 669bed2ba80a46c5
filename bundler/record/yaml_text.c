/* SPDX-License-Identifier: MIT */
#include "bundler/record/yaml_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/utf8.h"

static void put_bytes(struct yaml_text *yaml, const char *bytes, size_t size)
{
	if (yaml->status == PYB_OK)
		yaml->status = pyb_buffer_append(yaml->buffer, bytes, size, yaml->error);
}

void yaml_put(struct yaml_text *yaml, const char *text)
{
	put_bytes(yaml, text, strlen(text));
}

/* Bytes of the character at `text` if YAML allows it as it is and on one line, else 0. */
static size_t allowed_length(const char *text)
{
	uint32_t code = 0;
	const size_t length = pyb_utf8_decode(text, strlen(text), &code);
	const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
	const bool is_line_end = code == 0x2028 || code == 0x2029;

	if (is_control || is_line_end || code == 0xfeff || code == 0xfffe || code == 0xffff)
		return 0;
	return length;
}

bool yaml_can_hold(const char *value)
{
	while (*value != '\0') {
		const size_t length = allowed_length(value);

		if (length == 0)
			return false;
		value += length;
	}
	return true;
}

void yaml_comment(struct yaml_text *yaml, const char *format, ...)
{
	char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	va_end(arguments);
	if (line == NULL) {
		yaml->status = pyb_error_set(yaml->error, PYB_ERR_MEMORY, "out of memory");
		return;
	}
	yaml_put(yaml, *line == '\0' ? "#" : "# ");
	for (const char *at = line; *at != '\0';) {
		const size_t length = allowed_length(at);

		put_bytes(yaml, length > 0 ? at : "?", length > 0 ? length : 1);
		at += length > 0 ? length : 1;
	}
	yaml_put(yaml, "\n");
	free(line);
}

/* Whether YAML takes the text for a string without quotes. */
static bool is_plain(const char *text)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};

	if (!isalpha((unsigned char)*text) && *text != '_' && *text != '/')
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr("_./-", *text) == NULL)
			return false;
	return true;
}

static void put_scalar(struct yaml_text *yaml, const char *text)
{
	if (is_plain(text)) {
		yaml_put(yaml, text);
		return;
	}
	yaml_put(yaml, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			yaml_put(yaml, "\\");
		put_bytes(yaml, text, 1);
	}
	yaml_put(yaml, "\"");
}

void yaml_pair(struct yaml_text *yaml, const char *key, const char *value)
{
	if (value == NULL)
		return;
	yaml_put(yaml, key);
	yaml_put(yaml, ": ");
	put_scalar(yaml, value);
	yaml_put(yaml, "\n");
}

void yaml_number(struct yaml_text *yaml, const char *key, int value)
{
	char digits[16];

	snprintf(digits, sizeof(digits), ": %d\n", value);
	yaml_put(yaml, key);
	yaml_put(yaml, digits);
}

void yaml_item(struct yaml_text *yaml, const char *value)
{
	yaml_put(yaml, "  - ");
	put_scalar(yaml, value);
	yaml_put(yaml, "\n");
}
