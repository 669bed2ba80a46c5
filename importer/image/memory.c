/* SPDX-License-Identifier: MIT */
#include "importer/image/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer/memory/contents.h"
#include "importer/memory/pages.h"
#include "importer/session.h"
#include "lib/digest.h"
#include "lib/policy.h"

/* Glibc's headers may be older than the kernel; older kernels take the address for a hint. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { WASTE_FACTOR = 40 }; /* a part that is one of so many may be wasted */

_Static_assert((int)PAGES_HUGE == (int)PYB_IMAGE_HUGE_PAGE, "regions begin with a huge page");

/* --- reserving */

static char *map_anonymous(void *address, size_t size, int flags)
{
	void *const start = mmap(address, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
	return start == MAP_FAILED ? NULL : start;
}

static char *map_at(uint64_t address, size_t size)
{
	char *const wanted = (char *)(uintptr_t)address;
	char *const start = map_anonymous(wanted, size, MAP_FIXED_NOREPLACE);

	if (start == wanted)
		return start;
	if (start != NULL)
		munmap(start, size);
	return NULL;
}

/* Anywhere, from a multiple of a huge page on. */
static char *map_anywhere(size_t size)
{
	char *const room = map_anonymous(NULL, size + PAGES_HUGE, 0);

	if (room == NULL)
		return NULL;
	const size_t before = -(uintptr_t)room % PAGES_HUGE;
	const size_t behind = PAGES_HUGE - before;
	if (before > 0)
		munmap(room, before);
	if (behind > 0)
		munmap(room + before + size, behind);
	return room + before;
}

/* --- the two regions */

/*
 * On machines with pages that are larger than the format's, COLD may begin inside of one: then it is
 * read, as HOT is.
 */
static bool cold_is_mappable(const struct pyb_image_view *view, const struct pyb_section *cold)
{
	return (view->reader->header->policies & PYB_POLICY_PRIVATE) == 0 &&
	       cold->offset % (uint64_t)sysconf(_SC_PAGESIZE) == 0;
}

/* What group 0 has of COLD, up to the end of its last page. */
static size_t cold_size_of_startup(const struct pyb_image_view *view)
{
	const struct pyb_image_range range = view->groups[0].cold;

	return ((size_t)range.first + range.count) * PYB_IMAGE_UNIT;
}

/*
 * Of the startup modules' part of COLD little is ever touched, so it is mapped, all but what is left
 * of it on a page that is another group's too.
 */
static enum pyb_status map_cold(struct image_memory *memory, const struct pyb_image_view *view,
				int descriptor, struct pyb_error *error)
{
	const struct pyb_section *const cold = pyb_reader_section(view->reader, PYB_SECTION_COLD);
	char *const start = memory->start + view->image->hot_span;
	const size_t size = cold_size_of_startup(view);
	const size_t tail = size % (size_t)sysconf(_SC_PAGESIZE);

	if (cold == NULL || cold->size == 0)
		return PYB_OK;
	memory->maps_cold = cold_is_mappable(view, cold);
	if (!memory->maps_cold)
		return PYB_OK;
	if (size > tail && mmap(start, size - tail, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
				descriptor, (off_t)cold->offset) == MAP_FAILED)
		return pyb_error_set(error, PYB_ERR_MEMORY, "cannot map its objects: %s",
				     strerror(errno));
	/* What is touched is scattered, also of what is copied. */
	pages_want_small(start, memory->size - view->image->hot_span);
	if (!session.makes_snapshot)
		pages_limit_around(start, size - tail);
	memcpy(start + size - tail, view->cold.data + size - tail, tail);
	return PYB_OK;
}

static enum pyb_status read_section(const struct pyb_section *section, char *room, int descriptor,
				    struct pyb_error *error)
{
	if (!contents_read(descriptor, room, section->size, section->offset))
		return pyb_error_set(error, PYB_ERR_IO, "its objects cannot be read");
	if (pyb_digest64(room, section->size) != section->checksum)
		return pyb_error_set_at(error, PYB_ERR_DAMAGED, section->offset,
					"the checksum of its objects is wrong (at byte %llu)",
					(unsigned long long)section->offset);
	return PYB_OK;
}

/* --- public */

enum pyb_status image_memory_map(struct image_memory *memory, const struct pyb_image_view *view,
				 int descriptor, struct pyb_error *error)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t cold_size = (view->cold.size + page - 1) / page * page;
	uint64_t size;

	*memory = (struct image_memory){0};
	if (__builtin_add_overflow(view->image->hot_span, cold_size, &size) ||
	    size > SIZE_MAX / 2 || size == 0)
		return pyb_error_set(error, PYB_ERR_MEMORY, "its objects are too large");
	memory->size = (size_t)size;
	memory->start = map_at(view->image->base, memory->size);
	if (memory->start == NULL)
		memory->start = map_anywhere(memory->size);
	if (memory->start == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "no memory for its objects");
	const enum pyb_status status = map_cold(memory, view, descriptor, error);
	if (status != PYB_OK)
		image_memory_release(memory);
	return status;
}

/*
 * What does not fill a huge page gets small ones, unless so little is missing that the program does
 * not become noticeably larger.
 */
size_t image_memory_huge_size(const struct pyb_image_view *view)
{
	const size_t tail = view->hot.size % PAGES_HUGE;
	const bool is_worth_one = tail > 0 && (PAGES_HUGE - tail) * WASTE_FACTOR <= view->hot.size;

	return view->hot.size - tail + (is_worth_one ? PAGES_HUGE : 0);
}

size_t image_memory_huge_cold_size(const struct pyb_image_view *view)
{
	return cold_size_of_startup(view) / PAGES_HUGE * PAGES_HUGE;
}

/* Instead of mapping it from the file. */
static enum pyb_status read_cold(const struct image_memory *memory,
				 const struct pyb_image_view *view, int descriptor, size_t size,
				 struct pyb_error *error)
{
	const struct pyb_section *const cold = pyb_reader_section(view->reader, PYB_SECTION_COLD);
	char *const start = memory->start + view->image->hot_span;

	if (cold == NULL || size == 0)
		return PYB_OK;
	if (!pages_renew(start, size))
		return pyb_error_set(error, PYB_ERR_MEMORY, "no memory for its objects");
	if (!contents_read(descriptor, start, size, cold->offset))
		return pyb_error_set(error, PYB_ERR_IO, "its objects cannot be read");
	return PYB_OK;
}

enum pyb_status image_memory_fill(struct image_memory *memory, const struct pyb_image_view *view,
				  int descriptor, size_t huge, size_t huge_cold,
				  struct pyb_error *error)
{
	const struct pyb_section *const hot = pyb_reader_section(view->reader, PYB_SECTION_HOT);
	const struct pyb_section *const cold = pyb_reader_section(view->reader, PYB_SECTION_COLD);
	enum pyb_status status = PYB_OK;

	if (hot != NULL && hot->size > 0) {
		memory->huge = huge;
		pages_want_huge(memory->start, huge);
		pages_want_small(memory->start + huge, view->image->hot_span - huge);
		if (huge < hot->size)
			pages_populate(memory->start + huge, hot->size - huge);
		status = read_section(hot, memory->start, descriptor, error);
	}
	if (status == PYB_OK && memory->maps_cold) {
		memory->huge_cold = huge_cold;
		status = read_cold(memory, view, descriptor, huge_cold, error);
	} else if (status == PYB_OK && cold != NULL && cold->size > 0) {
		status = read_section(cold, memory->start + view->image->hot_span, descriptor,
				      error);
	}
	return status;
}

const uint8_t *image_memory_take_cold(const struct image_memory *memory,
				      const struct pyb_image_view *view, uint32_t group)
{
	const struct pyb_image_range range = view->groups[group].cold;
	const size_t offset = (size_t)range.first * PYB_IMAGE_UNIT;
	char *const cold = memory->start + view->image->hot_span;

	if (memory->maps_cold && group == 0)
		return view->cold.data;
	if (memory->maps_cold && range.count > 0)
		memcpy(cold + offset, view->cold.data + offset,
		       (size_t)range.count * PYB_IMAGE_UNIT);
	return (const uint8_t *)cold;
}

void image_memory_release(struct image_memory *memory)
{
	if (memory->start != NULL)
		munmap(memory->start, memory->size);
	*memory = (struct image_memory){0};
}
