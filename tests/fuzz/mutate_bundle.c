/* SPDX-License-Identifier: MIT */
/* Changes to a bundle where they hurt: numbers of records, the sections' sizes, whole records. */
#include <string.h>

#include "lib/format.h"
#include "tests/fuzz/target.h"

struct range {
	size_t start, size;
};

struct mutation {
	uint8_t *data;
	size_t size, room;
	uint64_t random;
};

static size_t draw(struct mutation *mutation, size_t below)
{
	return below == 0 ? 0 : fuzz_random(&mutation->random) % below;
}

static struct pyb_header *header_of(const struct mutation *mutation)
{
	return (struct pyb_header *)(void *)mutation->data;
}

static struct pyb_section *draw_entry(struct mutation *mutation)
{
	const uint32_t count = header_of(mutation)->section_count;

	return &header_of(mutation)->sections[draw(
		mutation, count == 0 || count > PYB_SECTION_MAX ? PYB_SECTION_MAX : count)];
}

/* Some section that has bytes in the file; else the header. */
static struct range draw_section(struct mutation *mutation)
{
	const struct pyb_section *const section = draw_entry(mutation);

	if (section->offset >= mutation->size || section->stored_size < sizeof(uint64_t) ||
	    section->stored_size > mutation->size - section->offset)
		return (struct range){0, sizeof(struct pyb_header)};
	return (struct range){section->offset, section->stored_size};
}

static uint64_t draw_value(struct mutation *mutation, uint64_t now, const struct range *range)
{
	static const uint64_t borders[] = {0,          1,        2,          0xff,    0x7fffffff,
					   0x80000000, PYB_NONE, UINT64_MAX, 1 << 21, PYB_PAGE_SIZE,
					   INT64_MAX,  0x80};
	uint64_t other = 0;

	switch (draw(mutation, 7)) {
	case 0:
		return borders[draw(mutation, sizeof(borders) / sizeof(borders[0]))];
	case 1:
		return now + 1 + draw(mutation, 16);
	case 2:
		return now - 1 - draw(mutation, 16);
	case 3:
		return now ^ UINT64_C(1) << draw(mutation, 64);
	case 4:
		return range->size - draw(mutation, 3);
	case 5:
		return draw(mutation, 64);
	default: /* what is elsewhere in the same table */
		memcpy(&other, mutation->data + range->start + draw(mutation, range->size / 4) * 4,
		       sizeof(uint32_t));
		return other;
	}
}

static void change_number(struct mutation *mutation, const struct range *range)
{
	const size_t width = (size_t)1 << draw(mutation, 4);
	uint8_t *const at =
		mutation->data + range->start + draw(mutation, range->size / width) * width;
	uint64_t value = 0;

	memcpy(&value, at, width);
	value = draw_value(mutation, value, range);
	memcpy(at, &value, width);
}

static void change_section(struct mutation *mutation)
{
	struct pyb_section *const section = draw_entry(mutation);
	const uint64_t step = (uint64_t)4 << draw(mutation, 5);

	if (draw(mutation, 2) == 0)
		section->stored_size -= section->stored_size < step ? 0 : step;
	else
		section->stored_size += step;
	section->size = section->stored_size;
}

/* Copy a record, or something of a record's size, over another. */
static void copy_record(struct mutation *mutation, const struct range *range)
{
	static const size_t sizes[] = {4, 8, 12, 16, 24, 32, 40, 48, 64, 96};
	const size_t size = sizes[draw(mutation, sizeof(sizes) / sizeof(sizes[0]))];
	uint8_t *const start = mutation->data + range->start;

	if (range->size >= 2 * size)
		memmove(start + draw(mutation, range->size / size) * size,
			start + draw(mutation, range->size / size) * size, size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed)
{
	struct mutation mutation = {data, size, room, seed};
	const struct range header = {0, sizeof(struct pyb_header)};

	if (size < PYB_PAGE_SIZE)
		return LLVMFuzzerMutate(data, size, room);
	const struct range section = draw_section(&mutation);
	switch (draw(&mutation, 12)) {
	case 0:
		change_number(&mutation, &header);
		break;
	case 1:
		change_section(&mutation);
		break;
	case 2:
	case 3:
		copy_record(&mutation, &section);
		break;
	case 4:
		return LLVMFuzzerMutate(data, size, room);
	case 5:
		(void)LLVMFuzzerMutate(data + section.start, section.size, section.size);
		break;
	default:
		change_number(&mutation, &section);
	}
	return size;
}
