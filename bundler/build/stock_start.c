/* SPDX-License-Identifier: MIT */
#include "bundler/build/stock_start.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bundler/process/scripts.h"
#include "lib/call_stub.h"

static enum pyb_status append_text(struct pyb_buffer *text, const char *part,
				   struct pyb_error *error)
{
	return pyb_buffer_append(text, part, strlen(part), error);
}

/* Append `NAME = LITERAL`, in which all bytes are ASCII. */
static enum pyb_status append_literal(struct pyb_buffer *text, const char *name, const char *value,
				      struct pyb_error *error)
{
	enum pyb_status status = append_text(text, name, error);

	for (; *value != '\0' && status == PYB_OK; value++) {
		const unsigned char byte = (unsigned char)*value;
		const bool is_plain = isalnum(byte) || strchr(" /.:_-=()[],", byte) != NULL;
		char escaped[8];

		snprintf(escaped, sizeof(escaped), is_plain ? "%c" : "\\x%02x", byte);
		status = append_text(text, escaped, error);
	}
	return status == PYB_OK ? append_text(text, "\"\n", error) : status;
}

enum pyb_status stock_start_make(const char *entry, int optimize, struct pyb_buffer *text,
				 struct pyb_error *error)
{
	static const char *const levels[] = {"OPTIMIZE = 0\n", "OPTIMIZE = 1\n", "OPTIMIZE = 2\n"};
	enum pyb_status status = append_literal(text, "ENTRY = b\"", entry, error);

	if (status == PYB_OK)
		status = append_literal(text, "STUB = \"", PYB_CALL_STUB, error);
	if (status == PYB_OK)
		status = append_text(text, levels[optimize], error);
	return status == PYB_OK ? append_text(text, stock_start_script, error) : status;
}
