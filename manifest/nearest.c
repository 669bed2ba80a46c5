/* SPDX-License-Identifier: MIT */
/* Which key may somebody have meant who wrote one that does not exist? */
#include "manifest/internal.h"

#include <string.h>

/* The largest word that is compared with the keys, and how far it may be from one. */
enum { GUESS_SIZE = 24, GUESS_DISTANCE = 2 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many characters have to be put in, left out or changed to get from one word to the other. */
static size_t edit_distance(const char *from, size_t from_size, const char *to, size_t to_size)
{
	size_t row[GUESS_SIZE + 1];
	for (size_t j = 0; j <= to_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= from_size; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= to_size; j++) {
			const size_t changed = diagonal + (from[i - 1] != to[j - 1]);
			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[to_size];
}

const char *manifest_key_nearest(const char *text, size_t size)
{
	const char *nearest = NULL;
	size_t nearest_distance = GUESS_DISTANCE + 1;
	if (size > GUESS_SIZE)
		return NULL;
	for (enum manifest_key key = 0; key < KEY_COUNT; key++) {
		const char *name = manifest_key_name(key);
		const size_t name_size = strlen(name);
		const size_t distance = edit_distance(text, size, name, name_size);
		if (distance < nearest_distance && distance * 2 < name_size) {
			nearest = name;
			nearest_distance = distance;
		}
	}
	return nearest;
}
