/* SPDX-License-Identifier: MIT */
/* Writing the little YAML that a manifest needs. The first error stays and ends all writing. */
#ifndef BUNDLER_RECORD_YAML_TEXT_H
#define BUNDLER_RECORD_YAML_TEXT_H

#include <stdbool.h>

#include "lib/buffer.h"

struct yaml_text {
	struct pyb_buffer *buffer;
	enum pyb_status status;
	struct pyb_error *error;
};

/* Append text as it is. */
void yaml_put(struct yaml_text *yaml, const char *text);
/* A comment on a line of its own; what has no place in YAML becomes '?'. */
void yaml_comment(struct yaml_text *yaml, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* `key: value`, quoted where it must be; nothing if `value` is NULL. */
void yaml_pair(struct yaml_text *yaml, const char *key, const char *value);
void yaml_number(struct yaml_text *yaml, const char *key, int value);
/* An item of a list. */
void yaml_item(struct yaml_text *yaml, const char *value);
/* Whether YAML can hold these bytes: UTF-8 without control characters. */
bool yaml_can_hold(const char *value);

#endif
