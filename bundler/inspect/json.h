/* SPDX-License-Identifier: MIT */
/* Writing JSON (RFC 8259) to a stream, with commas and indentation in the right places. */
#ifndef BUNDLER_INSPECT_JSON_H
#define BUNDLER_INSPECT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *stream;
	unsigned int depth;
	bool is_first;    /* nothing stands before the next value in its array or object */
	char brackets[8]; /* that are open */
};

void json_init(struct json *json, FILE *stream);

/*
 * A value; `key` is its name in an object, NULL in an array. Strings may hold any bytes: those that
 * are not UTF-8 become lone surrogates \udc80 to \udcff, as in Python's file names. A NULL string
 * is null.
 */
void json_string(struct json *json, const char *key, const char *text);
void json_string_sized(struct json *json, const char *key, const char *text, size_t size);
void json_number(struct json *json, const char *key, int64_t number);
void json_seconds(struct json *json, const char *key, double seconds);
void json_bool(struct json *json, const char *key, bool value);

/* Begin an object ('{') or an array ('['), at most eight inside of each other; end the last one. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json);

#endif
