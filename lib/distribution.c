/* SPDX-License-Identifier: MIT */
#include "lib/distribution.h"

#include <stdbool.h>
#include <string.h>

#include "lib/utf8.h"

enum { DEPTH_MAX = 4 }; /* of objects within objects */

/* How far a description was read. */
struct walk {
	unsigned int depth;
	unsigned long texts;     /* that can be referred to */
	bool wants_value, ended; /* behind the name of an attribute; behind the object */
};

static enum pyb_status damaged(struct pyb_error *error, const char *what)
{
	return pyb_error_set(error, PYB_ERR_DAMAGED, "%s", what);
}

/* A decimal number of up to nine digits. */
static bool read_number(const char *text, unsigned long *number)
{
	const size_t size = strlen(text);

	*number = 0;
	if (size == 0 || size > 9)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = 10 * *number + (unsigned long)(text[i] - '0');
	}
	return true;
}

static bool take_value(struct walk *walk, const char *item)
{
	unsigned long number;

	walk->wants_value = false;
	switch (item[0]) {
	case PYB_ITEM_OBJECT:
		return ++walk->depth <= DEPTH_MAX && item[1] != '\0';
	case PYB_ITEM_TEXT:
		return ++walk->texts <= PYB_DISTRIBUTION_TEXTS;
	case PYB_ITEM_NUMBER:
		return read_number(item + (item[1] == '-' ? 2 : 1), &number);
	case PYB_ITEM_SAME:
		return read_number(item + 1, &number) && number < walk->texts;
	case PYB_ITEM_NONE:
	case PYB_ITEM_PATH:
		return item[1] == '\0';
	default:
		return false;
	}
}

static bool take_item(struct walk *walk, const char *item)
{
	if (walk->ended)
		return false;
	if (walk->depth == 0)
		return item[0] == PYB_ITEM_OBJECT && take_value(walk, item);
	if (walk->wants_value)
		return take_value(walk, item);
	if (item[0] == PYB_ITEM_END) {
		walk->ended = --walk->depth == 0;
		return item[1] == '\0';
	}
	walk->wants_value = item[0] == PYB_ITEM_ATTRIBUTE;
	return walk->wants_value && item[1] != '\0';
}

enum pyb_status pyb_distribution_open(const struct pyb_bytes *value,
				      struct pyb_distribution_view *view, struct pyb_error *error)
{
	const size_t head = PYB_DISTRIBUTION_FILES * sizeof(struct pyb_file_facts);
	struct walk walk = {0};

	if (value->size <= head || value->data[value->size - 1] != '\0')
		return damaged(error, "a distribution is cut off");
	*view = (struct pyb_distribution_view){
		.files = (const void *)value->data,
		.items = (const char *)value->data + head,
		.size = value->size - head,
	};
	if (view->files[0].inode == 0)
		return damaged(error, "a distribution is of no file");
	for (const char *item = view->items; item < view->items + view->size;
	     item += strlen(item) + 1)
		if (!take_item(&walk, item))
			return damaged(error, "a distribution is malformed");
	return walk.ended ? PYB_OK : damaged(error, "a distribution is malformed");
}

enum pyb_status pyb_distribution_verify(const struct pyb_bytes *value, struct pyb_error *error)
{
	struct pyb_distribution_view view = {0};
	const enum pyb_status status = pyb_distribution_open(value, &view, error);
	uint32_t code;

	if (status != PYB_OK)
		return status;
	for (size_t at = 0, size; at < view.size; at += size) {
		size = pyb_utf8_decode(view.items + at, view.size - at, &code);
		if (size == 0)
			return damaged(error, "a distribution has a text that is not UTF-8");
	}
	return PYB_OK;
}

enum pyb_status pyb_witnesses_check(const struct pyb_bytes *value, struct pyb_error *error)
{
	unsigned long count = 0;

	if (value->size == 0 || value->data[value->size - 1] != '\0')
		return damaged(error, "what metadata depends on is cut off");
	for (size_t at = 0; at < value->size; at += strlen((const char *)value->data + at) + 1) {
		if (value->data[at] == '\0')
			return damaged(error, "what metadata depends on is malformed");
		count++;
	}
	return count % PYB_WITNESS_PARTS == 0
		       ? PYB_OK
		       : damaged(error, "what metadata depends on is malformed");
}
