/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/tables.h"

#include <stdbool.h>
#include <sys/mman.h>

/* A quarter of the mappings that a process may have: vm.max_map_count. */
enum { SEGMENTS_MAX = 1 << 14 };

static bool is_source_sound(const struct snapshot *snapshot, const struct snapshot_segment *segment)
{
	switch (segment->source) {
	case SEGMENT_ZERO:
		return segment->offset == 0;
	case SEGMENT_PAGES:
		return segment->offset <= snapshot->pages_size &&
		       segment->size <= snapshot->pages_size - segment->offset;
	case SEGMENT_FILE:
		/* Pages behind the end of a file are no memory: SIGBUS. Its last page may be a part. */
		return segment->file < snapshot->file_count &&
		       segment->offset < snapshot->files[segment->file].size;
	default:
		return false;
	}
}

/* What a fork is to wipe holds nothing yet. */
static bool are_rights_sound(const struct snapshot_segment *segment)
{
	const uint32_t known = PROT_READ | PROT_WRITE | PROT_EXEC;

	return (segment->protection & ~known) == 0 &&
	       (segment->advice & ~(uint32_t)ADVICE_ALL) == 0 &&
	       ((segment->advice & ADVICE_WIPE_ON_FORK) == 0 || segment->source == SEGMENT_ZERO);
}

/* Whole pages, behind `*end`, which goes on. */
static bool is_in_order(const struct snapshot_segment *segment, uint64_t page_size, uint64_t *end)
{
	const uint64_t bits = segment->address | segment->size | segment->offset;

	if (bits % page_size != 0 || segment->size == 0 || segment->address < *end ||
	    segment->size > UINT64_MAX - segment->address)
		return false;
	*end = segment->address + segment->size;
	return true;
}

static enum pyb_status check_segments(const struct snapshot *snapshot, uint64_t page_size,
				      struct pyb_error *error)
{
	uint64_t end = SNAPSHOT_LOWEST;

	if (snapshot->segment_count > SEGMENTS_MAX)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED, "it has too many segments");
	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		if (!is_in_order(segment, page_size, &end))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "segment %u is not whole pages, or not in order", i);
		if (!is_source_sound(snapshot, segment))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "segment %u is not of its pages, nor of its files", i);
		if (!are_rights_sound(segment))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "segment %u has an unknown protection or advice", i);
	}
	return PYB_OK;
}

/* The last string ends, and so do all. */
static enum pyb_status check_files(const struct snapshot *snapshot, struct pyb_error *error)
{
	const uint32_t size = snapshot->strings_size;
	const bool do_end = size > 0 && snapshot->strings[size - 1] == '\0';

	for (uint32_t i = 0; i < snapshot->file_count; i++)
		if (!do_end || snapshot->files[i].path >= size)
			return pyb_error_set(error, PYB_ERR_DAMAGED, "file %u has no name", i);
	return PYB_OK;
}

/* Whether a word lies in a segment, given that all words before it did: `*segment` goes on. */
static bool find_segment(const struct snapshot *snapshot, const struct snapshot_fixup *fixup,
			 uint32_t *segment)
{
	const uint64_t size = fixup->kind == FIXUP_THREAD_ID ? sizeof(uint32_t) : sizeof(uint64_t);

	if (fixup->address % size != 0)
		return false;
	for (; *segment < snapshot->segment_count; ++*segment) {
		const struct snapshot_segment *const candidate = &snapshot->segments[*segment];
		if (fixup->address < candidate->address)
			return false;
		if (fixup->address - candidate->address <= candidate->size - size)
			return true;
	}
	return false;
}

static enum pyb_status check_fixups(const struct snapshot *snapshot, struct pyb_error *error)
{
	uint32_t segment = 0;

	for (uint32_t i = 0; i < snapshot->fixup_count; i++) {
		const struct snapshot_fixup *const fixup = &snapshot->fixups[i];
		if (fixup->kind >= FIXUP_KINDS || !find_segment(snapshot, fixup, &segment))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "fix-up %u is not in a segment, or not in order", i);
	}
	return PYB_OK;
}

enum pyb_status snapshot_check_tables(const struct snapshot *snapshot, uint64_t page_size,
				      struct pyb_error *error)
{
	enum pyb_status status = check_segments(snapshot, page_size, error);

	if (status == PYB_OK)
		status = check_files(snapshot, error);
	if (status == PYB_OK)
		status = check_fixups(snapshot, error);
	return status;
}
