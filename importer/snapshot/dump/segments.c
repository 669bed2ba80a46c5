/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/segments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer/snapshot/dump/blocks.h"
#include "importer/snapshot/dump/files.h"
#include "importer/snapshot/dump/refusals.h"

/* --- joining */

/* Where pages are stored is not known yet: one behind the other. */
static bool can_join(const struct snapshot_segment *one, const struct snapshot_segment *next)
{
	return one->address + one->size == next->address && one->source == next->source &&
	       one->protection == next->protection && one->advice == next->advice &&
	       (one->source != SEGMENT_FILE ||
		(one->file == next->file && one->offset + one->size == next->offset));
}

static enum pyb_status append(struct dumper *dumper, const struct snapshot_segment *segment,
			      struct pyb_error *error)
{
	struct snapshot_segment *const end = dumper->segments + dumper->segment_count;

	if (dumper->segment_count > 0 && can_join(end - 1, segment)) {
		end[-1].size += segment->size;
		return PYB_OK;
	}
	if (dumper->segment_count == dumper->segment_room)
		return pyb_error_set(error, PYB_ERR_MEMORY,
				     "there is no room for more than %zu segments: the memory of "
				     "the process changes while it is looked at",
				     dumper->segment_room);
	*end = *segment;
	dumper->segment_count++;
	return PYB_OK;
}

/* --- one page */

/* An entry of /proc/self/pagemap: Documentation/admin-guide/mm/pagemap.rst of Linux. */
#define PAGE_IS_PRESENT (UINT64_C(1) << 63)
#define PAGE_IS_SWAPPED (UINT64_C(1) << 62)
#define PAGE_IS_OF_FILE (UINT64_C(1) << 61)
#define PAGE_IS_GUARD (UINT64_C(1) << 58)

static bool is_own_page(uint64_t entry)
{
	return (entry & (PAGE_IS_PRESENT | PAGE_IS_SWAPPED)) != 0 && (entry & PAGE_IS_OF_FILE) == 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* A breakpoint is there for as long as somebody looks, who would not be there in a process restored. */
static enum pyb_status check_code(const struct map *map, uint64_t address, struct pyb_error *error)
{
	if (map->kind != MAP_KIND_FILE || (map->protection & (PROT_EXEC | PROT_WRITE)) != PROT_EXEC)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "code was changed in memory, at %#" PRIx64 ": perhaps there are "
			     "breakpoints in it, of a debugger or of who watches the whole machine "
			     "(uprobes: bpftrace, perf); the file is %s",
			     address, map->name);
}

static enum pyb_status source_of_page(const struct dumper *dumper, const struct map *map,
				      uint64_t address, uint64_t entry, uint32_t *source,
				      struct pyb_error *error)
{
	const bool is_file = map->kind == MAP_KIND_FILE;
	enum pyb_status status = PYB_OK;

	if ((entry & PAGE_IS_GUARD) != 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the page at %#" PRIx64 " is a guard (MADV_GUARD_INSTALL)",
				     address);
	*source = is_file ? SEGMENT_FILE : SEGMENT_ZERO;
	if (map->is_shared || !is_own_page(entry) || (map->advice & ADVICE_WIPE_ON_FORK) != 0)
		return PYB_OK;
	status = check_code(map, address, error);
	if (status == PYB_OK)
		status = own_memory_read(dumper, address, dumper->page_size, error);
	if (status == PYB_OK)
		*source = is_zero(dumper->buffer, dumper->page_size) ? SEGMENT_ZERO : SEGMENT_PAGES;
	return status;
}

/* --- one map */

static struct snapshot_segment make_segment(const struct map *map, uint64_t address, uint64_t size,
					    uint32_t source)
{
	const bool is_file = source == SEGMENT_FILE;

	return (struct snapshot_segment){
		.address = address,
		.size = size,
		.offset = is_file ? map->offset + (address - map->start) : 0,
		.source = source,
		.protection = map->protection,
		.file = is_file ? map->file : 0,
		.advice = map->advice,
	};
}

/* It becomes anonymous memory, as it was: restore/exchange.c. */
static bool is_to_be_read(const struct map *map)
{
	return (map->advice & ADVICE_HUGE_PAGES) != 0;
}

/* Not what is read for huge pages, and what small ones were wished for since little of it is touched. */
static bool is_written(const struct dumper *dumper, const struct snapshot_segment *segment)
{
	return dumper->request->is_written && segment->source == SEGMENT_PAGES &&
	       (segment->protection & PROT_WRITE) != 0 &&
	       (segment->advice & ~(uint32_t)ADVICE_RANDOM) == 0;
}

/*
 * Libraries lie in one mapping of their file, of which the holes were made inaccessible: as no memory
 * they are as good, and may lie behind the file's end.
 */
static enum pyb_status add_page(struct dumper *dumper, const struct map *map, uint64_t address,
				uint64_t entry, struct pyb_error *error)
{
	uint32_t source = SEGMENT_ZERO;
	const enum pyb_status status = source_of_page(dumper, map, address, entry, &source, error);

	if (status != PYB_OK)
		return status;
	if (source == SEGMENT_FILE && map->protection == PROT_NONE)
		source = SEGMENT_ZERO;
	struct snapshot_segment page = make_segment(map, address, dumper->page_size, source);
	/* The page is still in the buffer. */
	if (source == SEGMENT_PAGES && !is_to_be_read(map) &&
	    blocks_begin_in(map, address, dumper->buffer, dumper->page_size))
		page.advice |= ADVICE_RANDOM;
	if (is_written(dumper, &page))
		page.advice |= ADVICE_POPULATE;
	return append(dumper, &page, error);
}

static enum pyb_status read_entries(const struct dumper *dumper, uint64_t address, size_t count,
				    struct pyb_error *error)
{
	const size_t size = count * sizeof(*dumper->entries);
	const off_t at = (off_t)(address / dumper->page_size * sizeof(*dumper->entries));
	const ssize_t got = pread(dumper->pagemap, dumper->entries, size, at);

	if (got == (ssize_t)size)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO,
			     "/proc/self/pagemap does not tell of the pages at %#" PRIx64 ": %s",
			     address, got < 0 ? strerror(errno) : "it ends before");
}

static enum pyb_status add_pages(struct dumper *dumper, const struct map *map, uint64_t start,
				 uint64_t end, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	while (start < end && status == PYB_OK) {
		const uint64_t rest = (end - start) / dumper->page_size;
		const size_t count = rest < ENTRIES_MAX ? rest : ENTRIES_MAX;
		status = read_entries(dumper, start, count, error);
		for (size_t i = 0; i < count && status == PYB_OK; i++, start += dumper->page_size)
			status = add_page(dumper, map, start, dumper->entries[i], error);
	}
	return status;
}

/* All of it but our own mapping, which the kernel may have joined with what lies beside it. */
static enum pyb_status add_map(struct dumper *dumper, struct map *map, struct pyb_error *error)
{
	const uint64_t own = (uintptr_t)dumper->dump->memory;
	const uint64_t own_end = own + dumper->dump->size;
	enum pyb_status status = refusals_of_map(map, error);

	if (status == PYB_OK && map->kind == MAP_KIND_FILE)
		status = files_find(dumper, map, error);
	if (status == PYB_OK)
		status = add_pages(dumper, map, map->start, map->end < own ? map->end : own, error);
	if (status == PYB_OK)
		status = add_pages(dumper, map, map->start > own_end ? map->start : own_end,
				   map->end, error);
	return status;
}

/* --- what is not worth a mapping */

static bool is_short(const struct dumper *dumper, const struct snapshot_segment *segment)
{
	if (segment->size >= SEGMENT_PAGES_MIN * dumper->page_size)
		return false;
	if (segment->source != SEGMENT_FILE)
		return true;
	/* Whole pages behind the end of a file cannot be read. */
	const uint64_t size = dumper->files[segment->file].size;
	return segment->offset + segment->size < size + dumper->page_size;
}

static bool is_stored_beside(const struct snapshot_segment *lower,
			     const struct snapshot_segment *upper,
			     const struct snapshot_segment *stored)
{
	return stored->source == SEGMENT_PAGES && lower->address + lower->size == upper->address &&
	       lower->protection == upper->protection && lower->advice == upper->advice;
}

static void store_short_ones(struct dumper *dumper)
{
	struct snapshot_segment *const first = dumper->segments;
	struct snapshot_segment *const end = first + dumper->segment_count;

	for (struct snapshot_segment *one = first; one < end; one++) {
		if (one->source == SEGMENT_PAGES || !is_short(dumper, one))
			continue;
		if ((one > first && is_stored_beside(one - 1, one, one - 1)) ||
		    (one + 1 < end && is_stored_beside(one, one + 1, one + 1))) {
			one->source = SEGMENT_PAGES;
			one->offset = 0;
			one->file = 0;
		}
	}
}

static void join_all(struct dumper *dumper)
{
	struct snapshot_segment *last = dumper->segments;

	for (size_t i = 1; i < dumper->segment_count; i++) {
		const struct snapshot_segment *const next = &dumper->segments[i];
		if (can_join(last, next))
			last->size += next->size;
		else
			*++last = *next;
	}
	if (dumper->segment_count > 0)
		dumper->segment_count = (size_t)(last - dumper->segments) + 1;
}

/* --- */

static bool is_program_s(const struct map *map)
{
	return map->kind != MAP_KIND_STACK && map->kind != MAP_KIND_VDSO &&
	       map->kind != MAP_KIND_KERNEL;
}

enum pyb_status segments_find(struct dumper *dumper, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < dumper->map_count && status == PYB_OK; i++)
		if (is_program_s(&dumper->maps[i]))
			status = add_map(dumper, &dumper->maps[i], error);
	store_short_ones(dumper);
	join_all(dumper);
	return status;
}
