/* SPDX-License-Identifier: MIT */
#include "bundler/json.h"

#include <inttypes.h>
#include <string.h>

void json_init(struct json *json, FILE *stream)
{
	*json = (struct json){.stream = stream, .is_first = true};
}

/* Bytes of the UTF-8 sequence at `text`, or 0 if there is none: too long, cut off, a surrogate. */
static size_t utf8_length(const unsigned char *text, size_t size)
{
	static const struct {
		unsigned char first, last, second_first, second_last;
		size_t length;
	} forms[] = {
		{0x20, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].length > size)
			return 0;
		for (size_t j = 1; j < forms[i].length; j++) {
			const unsigned char low = j == 1 ? forms[i].second_first : 0x80;
			const unsigned char high = j == 1 ? forms[i].second_last : 0xbf;
			if (text[j] < low || text[j] > high)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

static void put_text(FILE *stream, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;

	putc('"', stream);
	while (size > 0) {
		const size_t length = utf8_length(at, size);

		if (*at == '"' || *at == '\\')
			fprintf(stream, "\\%c", *at);
		else if (length > 0)
			fwrite(at, 1, length, stream);
		else if (*at < 0x20)
			fprintf(stream, "\\u%04x", *at);
		else
			fprintf(stream, "\\udc%02x", *at);
		at += length > 0 ? length : 1;
		size -= length > 0 ? length : 1;
	}
	putc('"', stream);
}

static void new_line(struct json *json)
{
	fprintf(json->stream, "\n%*s", (int)(2 * json->depth), "");
}

static void begin_value(struct json *json, const char *key)
{
	if (!json->is_first)
		putc(',', json->stream);
	json->is_first = false;
	if (json->depth > 0)
		new_line(json);
	if (key != NULL) {
		put_text(json->stream, key, strlen(key));
		fputs(": ", json->stream);
	}
}

void json_string_sized(struct json *json, const char *key, const char *text, size_t size)
{
	begin_value(json, key);
	if (text == NULL)
		fputs("null", json->stream);
	else
		put_text(json->stream, text, size);
}

void json_string(struct json *json, const char *key, const char *text)
{
	json_string_sized(json, key, text, text == NULL ? 0 : strlen(text));
}

void json_number(struct json *json, const char *key, int64_t number)
{
	begin_value(json, key);
	fprintf(json->stream, "%" PRId64, number);
}

void json_seconds(struct json *json, const char *key, double seconds)
{
	begin_value(json, key);
	fprintf(json->stream, "%.3f", seconds);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->stream);
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin_value(json, key);
	putc(bracket, json->stream);
	json->brackets[json->depth++ % sizeof(json->brackets)] = bracket;
	json->is_first = true;
}

void json_close(struct json *json)
{
	const bool is_empty = json->is_first;

	json->depth--;
	if (!is_empty)
		new_line(json);
	putc(json->brackets[json->depth % sizeof(json->brackets)] == '{' ? '}' : ']', json->stream);
	json->is_first = false;
	if (json->depth == 0)
		putc('\n', json->stream);
}
