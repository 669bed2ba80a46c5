/* SPDX-License-Identifier: MIT */
#include "lib/image_tables.h"

#include "lib/digest.h"

/* Where the array after `array`, of `count` elements, begins. */
#define BEHIND(array, count) ((const void *)((array) + (count)))

bool pyb_image_find_tables(const struct pyb_image *image, uint64_t size,
			   struct pyb_image_tables *ret)
{
	uint64_t sum = sizeof(*image);

	/* Five 32-bit counts of small records do not overflow. */
	if (size < sum)
		return false;
	sum += (uint64_t)image->module_count * sizeof(*ret->modules);
	sum += (uint64_t)image->group_count * sizeof(*ret->groups);
	sum += (uint64_t)image->frozenset_count * sizeof(*ret->frozensets);
	sum += (uint64_t)image->static_count * sizeof(*ret->statics);
	sum += (uint64_t)image->interned_count * sizeof(*ret->interned);
	if (sum != size)
		return false;
	ret->image = image;
	ret->modules = BEHIND(image, 1);
	ret->groups = BEHIND(ret->modules, image->module_count);
	ret->frozensets = BEHIND(ret->groups, image->group_count);
	ret->statics = BEHIND(ret->frozensets, image->frozenset_count);
	ret->interned = BEHIND(ret->statics, image->static_count);
	return true;
}

uint64_t pyb_image_checksum(const struct pyb_image_tables *tables)
{
	const uint8_t *const start = (const uint8_t *)&tables->image->struct_abi;
	const uint8_t *const end = (const uint8_t *)tables->statics;

	return pyb_digest64(start, (size_t)(end - start));
}

uint64_t pyb_image_group_checksum(const struct pyb_image_group *group,
				  const struct pyb_image_static *statics,
				  const struct pyb_image_interned *interned)
{
	return pyb_digest64(statics + group->statics.first,
			    group->statics.count * sizeof(*statics)) ^
	       pyb_digest64(interned + group->interned.first,
			    group->interned.count * sizeof(*interned));
}

/* An array may be missing if nothing of it is asked for. */
static uint64_t checksum_of_range(const void *array, struct pyb_image_range range, size_t size)
{
	const uint8_t *const bytes = array;

	return range.count == 0 ? pyb_digest64("", 0)
				: pyb_digest64(bytes + range.first * size, range.count * size);
}

uint64_t pyb_image_cold_checksum(const struct pyb_image_group *group, const uint32_t *relocations,
				 const uint8_t *cold)
{
	return checksum_of_range(relocations, group->relocations, sizeof(*relocations)) ^
	       checksum_of_range(cold, group->cold, PYB_IMAGE_UNIT);
}

static void stamp_group(const struct pyb_image_tables *tables, struct pyb_image_group *group,
			const struct pyb_bytes *relocations, const struct pyb_bytes *cold)
{
	const uint32_t relocation_count = (uint32_t)(relocations->size / sizeof(uint32_t));
	const uint32_t cold_count = (uint32_t)(cold->size / PYB_IMAGE_UNIT);

	if (pyb_image_is_range_of(tables->image->static_count, group->statics) &&
	    pyb_image_is_range_of(tables->image->interned_count, group->interned))
		group->checksum =
			pyb_image_group_checksum(group, tables->statics, tables->interned);
	if (pyb_image_is_range_of(relocation_count, group->relocations) &&
	    pyb_image_is_range_of(cold_count, group->cold))
		group->cold_checksum = pyb_image_cold_checksum(
			group, (const uint32_t *)(const void *)relocations->data, cold->data);
}

bool pyb_image_stamp(struct pyb_image *image, uint64_t size, const struct pyb_bytes *relocations,
		     const struct pyb_bytes *cold)
{
	struct pyb_image_tables tables;

	if (!pyb_image_find_tables(image, size, &tables))
		return false;
	for (uint32_t i = 0; i < image->group_count; i++)
		stamp_group(&tables, (struct pyb_image_group *)&tables.groups[i], relocations,
			    cold);
	image->checksum = pyb_image_checksum(&tables);
	return true;
}
