/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/built.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundler/snapshot/symbols.h"

const struct snapshot_segment *built_segment(const struct built *built, uint64_t address)
{
	const struct snapshot *const snapshot = built->snapshot;

	for (uint32_t i = 0; i < snapshot->segment_count; i++)
		if (address - snapshot->segments[i].address < snapshot->segments[i].size)
			return &snapshot->segments[i];
	return NULL;
}

const uint8_t *built_bytes(const struct built *built, uint64_t address, size_t *size)
{
	const struct snapshot_segment *const segment = built_segment(built, address);

	if (segment == NULL || segment->source != SEGMENT_PAGES ||
	    segment->offset + segment->size > built->pages->size)
		return NULL;
	*size = (size_t)(segment->address + segment->size - address);
	return built->pages->data + segment->offset + (address - segment->address);
}

/* --- whose it is */

static const char *path_of(const struct built *built, const struct snapshot_segment *segment)
{
	return built->snapshot->strings + built->snapshot->files[segment->file].path;
}

const char *built_file(const struct built *built, uint64_t address, uint64_t *offset)
{
	const struct snapshot_segment *const first = built->snapshot->segments;
	const struct snapshot_segment *const own = built_segment(built, address);
	const struct snapshot_segment *segment = own;

	if (own == NULL)
		return NULL;
	while (segment->source != SEGMENT_FILE && segment > first &&
	       segment[-1].address + segment[-1].size == segment->address)
		segment--;
	if (segment->source != SEGMENT_FILE)
		return NULL;
	const struct snapshot_segment *lowest = segment;
	while (lowest > first && lowest[-1].source == SEGMENT_FILE &&
	       lowest[-1].file == segment->file)
		lowest--;
	*offset = address - lowest->address + lowest->offset;
	return path_of(built, segment);
}

/* --- objects */

static bool read_word(const struct built *built, uint64_t address, uint64_t *word)
{
	size_t size;
	const uint8_t *const bytes = built_bytes(built, address, &size);

	if (bytes == NULL || size < sizeof(*word))
		return false;
	memcpy(word, bytes, sizeof(*word));
	return true;
}

/* The types that the interpreter has itself are symbols; an object's second word leads to its type. */
static bool is_type(const struct built *built, uint64_t address, char *name, size_t size)
{
	static const char prefix[] = "Py", suffix[] = "_Type";
	uint64_t offset;
	const char *const file = built_file(built, address, &offset);
	const bool is_found = file != NULL && symbols_find(file, offset, true, name, size);
	const size_t length = is_found ? strlen(name) : 0;

	return length > sizeof(suffix) && strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       strcmp(name + length - (sizeof(suffix) - 1), suffix) == 0;
}

bool built_is_object(const struct built *built, uint64_t address)
{
	uint64_t type;
	char name[200];

	return read_word(built, address + sizeof(type), &type) && type % sizeof(type) == 0 &&
	       is_type(built, type, name, sizeof(name));
}

/* Going back from an address to what may be the head of an object that it is in. */
static bool find_object(const struct built *built, uint64_t address, char *name, size_t size)
{
	enum { WORDS = 16 };
	uint64_t at = address & ~(uint64_t)7, word;

	for (int i = 0; i < WORDS && read_word(built, at, &word); i++, at -= sizeof(word))
		if (word % sizeof(word) == 0 && word != 0 && is_type(built, word, name, size))
			return true;
	return false;
}

/* Other memory may follow directly. */
static bool is_within(const char *file, uint64_t offset)
{
	uint64_t extent;

	return file != NULL && (!symbols_extent(file, &extent) || offset < extent);
}

void built_describe(const struct built *built, uint64_t address, char *text, size_t size)
{
	char name[200];
	uint64_t offset = 0;
	const char *const before = built_file(built, address, &offset);
	const char *const file = is_within(before, offset) ? before : NULL;

	if (file != NULL && symbols_find(file, offset, false, name, sizeof(name)))
		snprintf(text, size, "%s of %s", name, file);
	else if (find_object(built, address, name, sizeof(name)))
		snprintf(text, size, "an object of %s", name);
	else if (file != NULL)
		snprintf(text, size, "%s + %#" PRIx64, file, offset);
	else
		snprintf(text, size, "memory that was allocated");
}
