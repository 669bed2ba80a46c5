/* SPDX-License-Identifier: MIT */
/* Whether the tables of a snapshot make sense, whatever they come from. */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/snapshot.h"

/* The kernel gives no program memory below that: vm.mmap_min_addr. */
#define LOWEST (UINT64_C(64) << 10)

/* A quarter of the mappings that a process may have: vm.max_map_count. */
enum { SEGMENTS_MAX = 1 << 14 };

/* The last page may be a part. */
static bool is_in_bundle(const struct snapshot_segment *segment,
			 const struct pyb_snapshot_limits *limits)
{
	const uint64_t last = (limits->bundle_size - 1) | (limits->page_size - 1);

	return segment->offset < limits->bundle_size && segment->size - 1 <= last - segment->offset;
}

static bool is_source_sound(const struct snapshot *snapshot, const struct snapshot_segment *segment,
			    const struct pyb_snapshot_limits *limits)
{
	if (segment->source != SEGMENT_FILE && segment->file != 0)
		return false;
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
	case SEGMENT_BUNDLE:
		return is_in_bundle(segment, limits);
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

static enum pyb_status check_segments(const struct snapshot *snapshot,
				      const struct pyb_snapshot_limits *limits,
				      struct pyb_error *error)
{
	uint64_t end = LOWEST;

	if (snapshot->segment_count > SEGMENTS_MAX)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED, "it has too many segments");
	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		if (!is_in_order(segment, limits->page_size, &end))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "segment %u is not whole pages, or not in order", i);
		if (!is_source_sound(snapshot, segment, limits))
			return pyb_error_set(
				error, PYB_ERR_DAMAGED,
				"segment %u is not of its pages, its files or its bundle", i);
		if (!are_rights_sound(segment))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "segment %u has an unknown protection or advice", i);
	}
	return PYB_OK;
}

static enum pyb_status check_strings(const struct snapshot *snapshot, struct pyb_error *error)
{
	const uint32_t size = snapshot->strings_size;

	if (size == 0 || snapshot->strings[0] != '\0' || snapshot->strings[size - 1] != '\0')
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "its strings do not begin and end with a NUL");
	if (snapshot->modules >= size)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the names of its modules are not among its strings");
	return PYB_OK;
}

static enum pyb_status check_files(const struct snapshot *snapshot, struct pyb_error *error)
{
	for (uint32_t i = 0; i < snapshot->file_count; i++) {
		const struct snapshot_file *const file = &snapshot->files[i];
		if (file->reserved != 0 || file->path >= snapshot->strings_size ||
		    snapshot->strings[file->path] != '/')
			return pyb_error_set(error, PYB_ERR_DAMAGED, "file %u has no path", i);
	}
	return PYB_OK;
}

/* Whether a word lies in a segment, given that all words before it did: `*segment` goes on. */
static bool find_segment(const struct snapshot *snapshot, const struct snapshot_fixup *fixup,
			 uint32_t *segment)
{
	const uint64_t size = fixup_size(fixup->kind);

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

/* Whether a range lies in a segment that can be written to, as find_segment() has it for a word. */
static bool find_writable(const struct snapshot *snapshot, const struct snapshot_range *range,
			  uint32_t *segment)
{
	for (; *segment < snapshot->segment_count; ++*segment) {
		const struct snapshot_segment *const candidate = &snapshot->segments[*segment];
		if (range->address < candidate->address)
			return false;
		const uint64_t before = range->address - candidate->address;
		if (before < candidate->size)
			return (candidate->protection & PROT_WRITE) != 0 &&
			       range->size <= candidate->size - before;
	}
	return false;
}

static enum pyb_status check_ranges(const struct snapshot *snapshot, uint64_t page_size,
				    struct pyb_error *error)
{
	uint64_t end = LOWEST;
	uint32_t segment = 0;

	for (uint32_t i = 0; i < snapshot->range_count; i++) {
		const struct snapshot_range *const range = &snapshot->ranges[i];
		if ((range->address | range->size) % page_size != 0 || range->size == 0 ||
		    range->address < end || !find_writable(snapshot, range, &segment))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "range %u is not of pages that can be written to, or "
					     "not in order",
					     i);
		end = range->address + range->size;
	}
	return PYB_OK;
}

/* What a guard has beside its kind: bits. */
enum {
	HAS_NAME = 1 << 0,
	HAS_TEXT = 1 << 1,  /* a value without a NUL in it */
	HAS_BYTES = 1 << 2, /* a value of any bytes */
	HAS_NUMBER = 1 << 3,
	HAS_MODE = 1 << 4,   /* of the status, only that, or an error */
	HAS_STATUS = 1 << 5, /* a whole one, unless there was an error */
};

static const uint8_t parts_of[GUARD_KINDS] = {
	[GUARD_PATH] = HAS_NAME | HAS_STATUS,
	[GUARD_LINK] = HAS_NAME | HAS_STATUS,
	[GUARD_PRESENT] = HAS_NAME | HAS_MODE | HAS_NUMBER,
	[GUARD_VARIABLE] = HAS_NAME | HAS_TEXT,
	[GUARD_ABSENT] = HAS_NAME,
	[GUARD_FAMILY] = HAS_NAME,
	[GUARD_ARGUMENT] = HAS_NUMBER | HAS_TEXT,
	[GUARD_FOLDER] = HAS_TEXT,
	[GUARD_MASK] = HAS_NUMBER,
	[GUARD_PROCESSORS] = HAS_BYTES,
	[GUARD_LIMIT] = HAS_NUMBER | HAS_BYTES,
	[GUARD_HOST] = HAS_TEXT,
	[GUARD_PLACE] = HAS_NAME | HAS_TEXT,
	[GUARD_EPOLL] = 0,
	[GUARD_SCRIPT] = HAS_NUMBER | HAS_TEXT,
	[GUARD_NO_LINK] = HAS_NAME | HAS_MODE,
	[GUARD_NAMES] = HAS_NAME | HAS_TEXT | HAS_STATUS,
};

/* The NUL behind the strings ends it. */
static bool is_name_sound(const struct snapshot *snapshot, const struct snapshot_guard *guard)
{
	if ((parts_of[guard->kind] & HAS_NAME) == 0)
		return guard->name == 0;
	return guard->name < snapshot->strings_size && snapshot->strings[guard->name] != '\0';
}

static bool is_value_sound(const struct snapshot *snapshot, const struct snapshot_guard *guard)
{
	const uint8_t parts = parts_of[guard->kind];

	if ((parts & (HAS_TEXT | HAS_BYTES)) == 0)
		return guard->value == 0 && guard->value_size == 0;
	if ((uint64_t)guard->value + guard->value_size >= snapshot->strings_size)
		return false;
	const char *const value = snapshot->strings + guard->value;
	if (value[guard->value_size] != '\0' ||
	    ((parts & HAS_TEXT) != 0 && memchr(value, '\0', guard->value_size) != NULL))
		return false;
	if (guard->kind == GUARD_LIMIT)
		return guard->value_size == 2 * sizeof(uint64_t);
	return guard->kind != GUARD_PROCESSORS ||
	       (guard->value_size > 0 && value[guard->value_size - 1] != '\0');
}

static bool is_status_sound(const struct snapshot_guard *guard)
{
	const struct guard_status *const status = &guard->status;
	const uint8_t parts = parts_of[guard->kind];
	const bool is_mode_alone = status->inode == 0 && status->size == 0 &&
				   status->mtime_ns == 0 && status->ctime_ns == 0;

	if ((parts & (HAS_MODE | HAS_STATUS)) == 0)
		return is_mode_alone && status->mode == 0 && status->error == 0;
	if (status->error != 0)
		return is_mode_alone && status->mode == 0 && status->error > 0;
	return (parts & HAS_STATUS) != 0 || is_mode_alone;
}

static bool is_of_variable(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_VARIABLE || guard->kind == GUARD_ABSENT ||
	       guard->kind == GUARD_FAMILY;
}

static bool is_number_sound(const struct snapshot_guard *guard)
{
	const uint64_t asked = guard->number & GUARD_ACCESS_ASKED;

	if ((parts_of[guard->kind] & HAS_NUMBER) == 0)
		return guard->number == 0;
	if (guard->kind != GUARD_PRESENT)
		return true;
	return guard->status.error == 0
		       ? (guard->number & ~(asked | asked << GUARD_ACCESS_MODES)) == 0
		       : guard->number == 0;
}

/* Variables are looked for among neighbours by binary search; and there is one answer for each. */
static bool is_behind(const struct snapshot *snapshot, const struct snapshot_guard *guard,
		      const struct snapshot_guard *previous)
{
	if (!is_of_variable(previous) || !is_of_variable(guard))
		return true;
	const int order =
		strcmp(snapshot->strings + previous->name, snapshot->strings + guard->name);
	return order < 0 ||
	       (order == 0 && previous->kind != GUARD_FAMILY && guard->kind == GUARD_FAMILY);
}

static enum pyb_status check_guards(const struct snapshot *snapshot, struct pyb_error *error)
{
	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		const struct snapshot_guard *const guard = &snapshot->guards[i];
		if (guard->kind >= GUARD_KINDS)
			return pyb_error_set(
				error, PYB_ERR_UNSUPPORTED,
				"guard %u is of a kind that this version does not know", i);
		if (!is_name_sound(snapshot, guard) || !is_value_sound(snapshot, guard) ||
		    !is_status_sound(guard) || !is_number_sound(guard))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "guard %u does not have what its kind asks for", i);
		if (i > 0 && !is_behind(snapshot, guard, guard - 1))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "guard %u is of a variable, and not in order", i);
	}
	return PYB_OK;
}

enum pyb_status pyb_snapshot_check(const struct snapshot *snapshot,
				   const struct pyb_snapshot_limits *limits,
				   struct pyb_error *error)
{
	const uint64_t page_size = limits->page_size;
	enum pyb_status status = PYB_OK;

	if (page_size < PYB_PAGE_SIZE || (page_size & (page_size - 1)) != 0 ||
	    snapshot->pages_size % page_size != 0)
		status = pyb_error_set(error, PYB_ERR_DAMAGED,
				       "its pages have an illegal size, or are not whole");
	if (status == PYB_OK)
		status = check_strings(snapshot, error);
	if (status == PYB_OK)
		status = check_files(snapshot, error);
	if (status == PYB_OK)
		status = check_segments(snapshot, limits, error);
	if (status == PYB_OK)
		status = check_fixups(snapshot, error);
	if (status == PYB_OK)
		status = check_ranges(snapshot, page_size, error);
	if (status == PYB_OK)
		status = check_guards(snapshot, error);
	return status;
}
