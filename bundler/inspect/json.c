/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/json.h"

#include <inttypes.h>
#include <string.h>

#include "lib/utf8.h"

void json_init(struct json *json, FILE *stream)
{
	*json = (struct json){.stream = stream, .is_first = true};
}

static void put_text(FILE *stream, const char *text, size_t size)
{
	putc('"', stream);
	while (size > 0) {
		const unsigned char byte = (unsigned char)*text;
		uint32_t code;
		const size_t length = pyb_utf8_decode(text, size, &code);

		if (byte == '"' || byte == '\\')
			fprintf(stream, "\\%c", byte);
		else if (byte < 0x20)
			fprintf(stream, "\\u%04x", byte);
		else if (length > 0)
			fwrite(text, 1, length, stream);
		else
			fprintf(stream, "\\udc%02x", byte);
		text += length > 0 ? length : 1;
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
