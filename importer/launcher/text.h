/* SPDX-License-Identifier: MIT */
/* Strings: comparing them, and building them in buffers of fixed size. */
#ifndef IMPORTER_LAUNCHER_TEXT_H
#define IMPORTER_LAUNCHER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	TEXT_PATH_SIZE = 4096, /* the kernel's PATH_MAX, the NUL included */
	TEXT_LINE_SIZE = 8192,
};

/*
 * A string that is being built in the caller's buffer. It always ends with a NUL. What does not fit
 * is left out, and `cut` tells so.
 */
struct text {
	char *bytes;
	size_t size;   /* of the buffer; at least 1 */
	size_t length; /* without the NUL */
	bool cut;
};

bool text_equals(const char *one, const char *other);
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* What follows the last slash of a path; all of it if there is none. */
const char *text_base_name(const char *path);

/* Begin an empty text in `buffer`, of `size` bytes. */
void text_begin(struct text *text, char *buffer, size_t size);

/* Append all or nothing: a string; its first `length` bytes; a number in decimal. */
void text_add(struct text *text, const char *part);
void text_add_bytes(struct text *text, const char *part, size_t length);
void text_add_number(struct text *text, unsigned long number);

/* Empty the text, then append the given strings: text_set(text, "a", "b"). */
#define text_set(text, ...) text_set_parts(text, (const char *const[]){__VA_ARGS__, NULL})

/* The same with a list that ends with NULL. */
void text_set_parts(struct text *text, const char *const *parts);

#endif
