/* SPDX-License-Identifier: MIT */
#include "importer/image/relocation.h"

#include "importer/image/adaptation.h"

/* Add the difference to the pointers in a range of slots. */
static bool relocate(struct image *image, struct pyb_image_range range, uint64_t difference)
{
	const uint32_t *const slots = image->view.relocations + range.first;

	if (!pyb_image_slots_are_sound(&image->view, range))
		return false;
	for (uint32_t i = 0; i < range.count; i++)
		*(uint64_t *)image_at(image, slots[i]) += difference;
	image->counts.relocated += range.count;
	return true;
}

bool image_relocate_group(struct image *image, const struct pyb_image_group *group)
{
	if (image->moved != 0 && !relocate(image, group->internal, image->moved))
		return false;
	return image->interpreter_moved == 0 ||
	       relocate(image, group->external, image->interpreter_moved);
}
