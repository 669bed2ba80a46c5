/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/compare_builds.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORD = sizeof(uint64_t) };

/* Two starts, and how far the fix-ups of the first one have been gone through. */
struct comparison {
	const struct built *first, *second;
	uint32_t fixup;
	bool heeds_counts; /* of references, too */
	struct pyb_error *error;
};

/* --- the tables */

#define OTHER_MEMORY                                                    \
	"two starts that were told otherwise what a snapshot must not " \
	"depend on have other memory: "

static enum pyb_status differ(const struct comparison *comparison, const char *what)
{
	return pyb_error_set(comparison->error, PYB_ERR_MISMATCH, OTHER_MEMORY "%s", what);
}

static enum pyb_status differ_at(const struct comparison *comparison, uint64_t address,
				 const char *what)
{
	char owner[PYB_ERROR_TEXT_SIZE / 3];

	built_describe(comparison->first, address, owner, sizeof(owner));
	return pyb_error_set(comparison->error, PYB_ERR_MISMATCH,
			     OTHER_MEMORY "%s, at %#" PRIx64 ", %s", owner, address, what);
}

static bool is_same_segment(const struct snapshot_segment *one,
			    const struct snapshot_segment *other)
{
	return one->address == other->address && one->size == other->size &&
	       one->offset == other->offset && one->source == other->source &&
	       one->protection == other->protection && one->file == other->file &&
	       one->advice == other->advice;
}

static enum pyb_status compare_segments(const struct comparison *comparison)
{
	const struct snapshot *const one = comparison->first->snapshot;
	const struct snapshot *const other = comparison->second->snapshot;

	for (uint32_t i = 0; i < one->segment_count && i < other->segment_count; i++)
		if (!is_same_segment(&one->segments[i], &other->segments[i]))
			return differ_at(comparison, one->segments[i].address,
					 "is mapped in another way");
	if (one->segment_count != other->segment_count)
		return differ(comparison, "there is more of it");
	return PYB_OK;
}

static enum pyb_status compare_fixups(const struct comparison *comparison)
{
	const struct snapshot *const one = comparison->first->snapshot;
	const struct snapshot *const other = comparison->second->snapshot;

	for (uint32_t i = 0; i < one->fixup_count && i < other->fixup_count; i++)
		if (memcmp(&one->fixups[i], &other->fixups[i], sizeof(one->fixups[i])) != 0)
			return differ_at(comparison, one->fixups[i].address,
					 "depends on the process in another way");
	if (one->fixup_count != other->fixup_count)
		return differ(comparison, "more words depend on the process");
	return PYB_OK;
}

static enum pyb_status compare_tables(const struct comparison *comparison)
{
	const struct snapshot *const one = comparison->first->snapshot;
	const struct snapshot *const other = comparison->second->snapshot;
	enum pyb_status status = compare_segments(comparison);

	if (status == PYB_OK)
		status = compare_fixups(comparison);
	if (status == PYB_OK && memcmp(&one->thread, &other->thread, sizeof(one->thread)) != 0)
		status = differ(comparison, "the kernel knows their threads by other addresses");
	if (status == PYB_OK && comparison->first->pages->size != comparison->second->pages->size)
		status = differ(comparison, "more of it was written to");
	return status;
}

/* --- the pages */

enum { SHOWN_SIZE = 4 * WORD + 1 };

/* Bytes as text, as far as they are such. */
static void show_bytes(const uint8_t *bytes, char text[SHOWN_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < WORD; i++)
		used += (size_t)snprintf(text + used, SHOWN_SIZE - used,
					 isprint(bytes[i]) && bytes[i] != '\\' ? "%c" : "\\x%02x",
					 bytes[i]);
}

enum { NAME_SIZE = PYB_ERROR_TEXT_SIZE / 6 };

static bool is_named(const struct built *built, uint64_t word, char name[NAME_SIZE])
{
	if (built_segment(built, word) == NULL)
		return false;
	built_describe(built, word, name, NAME_SIZE);
	return true;
}

/* Where both lead to what can be told apart by its name. */
static bool show_names(const struct comparison *comparison, const uint64_t words[2], char *text,
		       size_t size)
{
	char before[NAME_SIZE], after[NAME_SIZE];

	if (!is_named(comparison->first, words[0], before) ||
	    !is_named(comparison->second, words[1], after) || strcmp(before, after) == 0)
		return false;
	snprintf(text, size, "leads to %s in the one, and to %s in the other", before, after);
	return true;
}

static enum pyb_status differ_in_word(const struct comparison *comparison, uint64_t address,
				      const uint8_t *one, const uint8_t *other)
{
	char before[SHOWN_SIZE], after[SHOWN_SIZE], text[PYB_ERROR_TEXT_SIZE / 2];
	uint64_t words[2];

	memcpy(&words[0], one, WORD);
	memcpy(&words[1], other, WORD);
	show_bytes(one, before);
	show_bytes(other, after);
	if (show_names(comparison, words, text, sizeof(text)))
		return differ_at(comparison, address, text);
	snprintf(text, sizeof(text),
		 "is %" PRIu64 " (%s) in the one, and %" PRIu64 " (%s) in the other", words[0],
		 before, words[1], after);
	return differ_at(comparison, address, text);
}

/* Fix-ups rise as the words do. */
static bool is_fixup(struct comparison *comparison, uint64_t address)
{
	const struct snapshot *const snapshot = comparison->first->snapshot;

	while (comparison->fixup < snapshot->fixup_count &&
	       snapshot->fixups[comparison->fixup].address < address)
		comparison->fixup++;
	return comparison->fixup < snapshot->fixup_count &&
	       snapshot->fixups[comparison->fixup].address - address < WORD;
}

/*
 * How often an object is referred to, in front of its type. Who refers to it says more, and differs as well; but
 * mostly lies behind it.
 */
static bool is_count(const struct comparison *comparison, uint64_t address)
{
	return built_is_object(comparison->first, address) &&
	       built_is_object(comparison->second, address);
}

static enum pyb_status compare_words(struct comparison *comparison,
				     const struct snapshot_segment *segment)
{
	const uint8_t *const one = comparison->first->pages->data + segment->offset;
	const uint8_t *const other = comparison->second->pages->data + segment->offset;

	for (uint64_t at = 0; at < segment->size; at += WORD) {
		const uint64_t address = segment->address + at;
		if (memcmp(one + at, other + at, WORD) == 0 || is_fixup(comparison, address) ||
		    compare_known_reason(comparison->first, comparison->second, address) != NULL ||
		    (!comparison->heeds_counts && is_count(comparison, address)))
			continue;
		return differ_in_word(comparison, address, one + at, other + at);
	}
	return PYB_OK;
}

static enum pyb_status compare_pages(struct comparison *comparison)
{
	const struct snapshot *const snapshot = comparison->first->snapshot;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < snapshot->segment_count && status == PYB_OK; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		if (segment->source != SEGMENT_PAGES)
			continue;
		if (segment->offset > comparison->first->pages->size ||
		    segment->size > comparison->first->pages->size - segment->offset)
			return pyb_error_set(comparison->error, PYB_ERR_INVALID,
					     "what the interpreter has written of itself is wrong: "
					     "pages are missing");
		status = compare_words(comparison, segment);
	}
	return status;
}

enum pyb_status compare_builds(const struct built *first, const struct built *second,
			       struct pyb_error *error)
{
	struct comparison comparison = {.first = first, .second = second, .error = error};
	enum pyb_status status = compare_tables(&comparison);

	if (status == PYB_OK)
		status = compare_pages(&comparison);
	if (status != PYB_OK)
		return status;
	comparison.fixup = 0;
	comparison.heeds_counts = true;
	return compare_pages(&comparison);
}
