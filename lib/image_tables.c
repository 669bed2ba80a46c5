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
	sum += (uint64_t)image->known_count * sizeof(*ret->knowns);
	sum += (uint64_t)image->name_count * sizeof(*ret->names);
	if (sum != size)
		return false;
	ret->image = image;
	ret->modules = BEHIND(image, 1);
	ret->groups = BEHIND(ret->modules, image->module_count);
	ret->frozensets = BEHIND(ret->groups, image->group_count);
	ret->knowns = BEHIND(ret->frozensets, image->frozenset_count);
	ret->names = BEHIND(ret->knowns, image->known_count);
	return true;
}

uint64_t pyb_image_checksum(const struct pyb_image_tables *tables)
{
	const uint8_t *const start = (const uint8_t *)&tables->image->layout;
	const uint8_t *const end = (const uint8_t *)tables->knowns;

	return pyb_digest64(start, (size_t)(end - start));
}

uint64_t pyb_image_group_checksum(const struct pyb_image_group *group,
				  const struct pyb_image_known *knowns,
				  const struct pyb_image_name *names)
{
	return pyb_digest64(knowns + group->knowns.first, group->knowns.count * sizeof(*knowns)) ^
	       pyb_digest64(names + group->names.first, group->names.count * sizeof(*names));
}

/* An array may be missing if nothing of it is asked for. */
static uint64_t checksum_of_run(const void *array, struct pyb_image_run run, size_t size)
{
	const uint8_t *const bytes = array;

	return run.count == 0 ? pyb_digest64("", 0)
			      : pyb_digest64(bytes + run.first * size, run.count * size);
}

uint64_t pyb_image_cold_checksum(const struct pyb_image_group *group, const uint32_t *places,
				 const uint8_t *cold)
{
	return checksum_of_run(places, group->places, sizeof(*places)) ^
	       checksum_of_run(cold, group->cold, PYB_IMAGE_UNIT);
}

static void stamp_group(const struct pyb_image_tables *tables, struct pyb_image_group *group,
			const struct pyb_bytes *places, const struct pyb_bytes *cold)
{
	const uint32_t place_count = (uint32_t)(places->size / sizeof(uint32_t));
	const uint32_t cold_count = (uint32_t)(cold->size / PYB_IMAGE_UNIT);

	if (pyb_image_is_run_of(tables->image->known_count, group->knowns) &&
	    pyb_image_is_run_of(tables->image->name_count, group->names))
		group->checksum = pyb_image_group_checksum(group, tables->knowns, tables->names);
	if (pyb_image_is_run_of(place_count, group->places) &&
	    pyb_image_is_run_of(cold_count, group->cold))
		group->cold_checksum = pyb_image_cold_checksum(
			group, (const uint32_t *)(const void *)places->data, cold->data);
}

bool pyb_image_stamp(struct pyb_image *image, uint64_t size, const struct pyb_bytes *places,
		     const struct pyb_bytes *cold)
{
	struct pyb_image_tables tables;

	if (!pyb_image_find_tables(image, size, &tables))
		return false;
	for (uint32_t i = 0; i < image->group_count; i++)
		stamp_group(&tables, (struct pyb_image_group *)&tables.groups[i], places, cold);
	image->checksum = pyb_image_checksum(&tables);
	return true;
}
