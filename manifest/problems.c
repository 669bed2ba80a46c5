/* SPDX-License-Identifier: MIT */
/* The problems found in a manifest: collecting, wording and ordering them. */
#include "manifest/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/utf8.h"

enum { EXCERPT_CHARACTERS = 60, EXCERPT_CHARACTER_SIZE = 10 };

/* Write one character so that it can stand in a line for a terminal; returns its length. */
static size_t put_character(char *out, size_t room, const char *text, size_t length, uint32_t code)
{
	int written;
	if (length == 0)
		written = snprintf(out, room, "\\x%02x", (unsigned)(unsigned char)*text);
	else if (code == '\n')
		written = snprintf(out, room, "\\n");
	else if (code == '\t')
		written = snprintf(out, room, "\\t");
	else if (code < 0x20 || code == 0x7f)
		written = snprintf(out, room, "\\x%02x", (unsigned)code);
	else if ((code >= 0x80 && code < 0xa0) || (code >= 0x2028 && code < 0x202f) ||
		 (code >= 0x2066 && code < 0x206a) || code == 0xfeff)
		written = snprintf(out, room, "\\u%04x", (unsigned)code);
	else
		written = snprintf(out, room, "%.*s", (int)length, text);
	return written < 0 ? 0 : (size_t)written;
}

const char *manifest_excerpt(struct manifest_excerpt *excerpt, const char *text, size_t size)
{
	size_t at = 0, used = 0, characters = 0;
	excerpt->text[0] = '\0';
	while (at < size) {
		if (characters == EXCERPT_CHARACTERS ||
		    used + EXCERPT_CHARACTER_SIZE + sizeof("...") > sizeof(excerpt->text)) {
			memcpy(excerpt->text + used, "...", sizeof("..."));
			break;
		}
		uint32_t code = 0;
		const size_t length = pyb_utf8_decode(text + at, size - at, &code);
		used += put_character(excerpt->text + used, EXCERPT_CHARACTER_SIZE, text + at,
				      length, code);
		at += length == 0 ? 1 : length;
		characters++;
	}
	return excerpt->text;
}

void manifest_out_of_memory(struct manifest_load *load)
{
	if (load->failure != PYB_OK)
		return;
	load->failure = pyb_error_set(load->error, PYB_ERR_MEMORY,
				      "%s: no memory left to read the manifest", load->file);
}

/* A message is one line, whatever the file is called. */
static void flatten(char *line)
{
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < 0x20 || *line == 0x7f)
			*line = '?';
}

/* `message` becomes the problem's. */
static void keep_problem(struct manifest_load *load, struct manifest_place place,
			 const char *message)
{
	char *line = NULL;
	const char *before = load->key == NULL ? "" : "key '";
	const char *key = load->key == NULL ? "" : load->key;
	const char *after = load->key == NULL ? "" : "': ";
	if (asprintf(&line, "%s:%zu:%zu: %s%s%s%s", load->file, place.line, place.column, before,
		     key, after, message) < 0) {
		manifest_out_of_memory(load);
		return;
	}
	if (pyb_array_grow((void **)&load->problems, load->problem_count, sizeof(*load->problems),
			   NULL) != PYB_OK) {
		free(line);
		manifest_out_of_memory(load);
		return;
	}
	flatten(line);
	load->problems[load->problem_count] = (struct manifest_problem){
		.place = place,
		.order = load->problem_count,
		.line = line,
	};
	load->problem_count++;
}

void manifest_problem(struct manifest_load *load, struct manifest_place place, const char *format,
		      ...)
{
	if (load->problem_count == MANIFEST_MAX_PROBLEMS) {
		load->more_problems = true;
		return;
	}
	char *message = NULL;
	va_list arguments;
	va_start(arguments, format);
	const int length = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (length < 0) {
		manifest_out_of_memory(load);
		return;
	}
	keep_problem(load, place, message);
	free(message);
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_problems(const void *left, const void *right)
{
	const struct manifest_problem *a = left, *b = right;
	int order = compare_sizes(a->place.line, b->place.line);
	if (order == 0)
		order = compare_sizes(a->place.column, b->place.column);
	return order != 0 ? order : compare_sizes(a->order, b->order);
}

/* The line behind the last problem that was kept. */
static char *more_line(const struct manifest_load *load)
{
	char *line = NULL;
	if (asprintf(&line, "%s: there are more problems than these %d; correct them first",
		     load->file, (int)MANIFEST_MAX_PROBLEMS) < 0)
		return NULL;
	flatten(line);
	return line;
}

void manifest_problems_finish(struct manifest_load *load, struct manifest_problems *ret)
{
	if (load->problem_count == 0)
		return;
	qsort(load->problems, load->problem_count, sizeof(*load->problems), compare_problems);
	char **lines = calloc(load->problem_count + 1, sizeof(*lines));
	char *more = load->more_problems ? more_line(load) : NULL;
	if (lines == NULL || (load->more_problems && more == NULL)) {
		free(lines);
		free(more);
		manifest_out_of_memory(load);
		return;
	}
	for (size_t i = 0; i < load->problem_count; i++) {
		lines[i] = load->problems[i].line;
		load->problems[i].line = NULL;
	}
	ret->lines = lines;
	ret->count = load->problem_count;
	if (more != NULL)
		lines[ret->count++] = more;
}
