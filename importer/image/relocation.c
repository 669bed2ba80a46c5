/* SPDX-License-Identifier: MIT */
#include "importer/image/relocation.h"

#include "importer/clock.h"
#include "importer/image/adaptation.h"

enum { SLOTS_IN_PAGE = PYB_PAGE_SIZE / PYB_IMAGE_UNIT };

/*
 * Add the difference to the pointers in a range of slots. If one of these is nowhere, the pointers before
 * it are wrong as well, and the group is not used.
 */
static bool relocate(struct image *image, struct pyb_image_range range, uint64_t difference)
{
	const uint32_t *const slots = image->view.relocations + range.first;
	uint32_t pages = 0, last = UINT32_MAX;

	for (uint32_t i = 0; i < range.count; i++) {
		const uint32_t page = slots[i] / SLOTS_IN_PAGE;
		if (!pyb_image_holds(&image->view, slots[i], sizeof(uint64_t)))
			return false;
		*(uint64_t *)image_at(image, slots[i]) += difference;
		pages += page != last;
		last = page;
	}
	image->counts.relocated += range.count;
	image->counts.relocated_pages += pages;
	return true;
}

static bool relocate_all(struct image *image, const struct pyb_image_group *group)
{
	if (image->moved != 0 && !relocate(image, group->internal, image->moved))
		return false;
	return image->interpreter_moved == 0 ||
	       relocate(image, group->external, image->interpreter_moved);
}

bool image_relocate_group(struct image *image, const struct pyb_image_group *group)
{
	const uint64_t start = clock_ns();

	if (image->moved == 0 && image->interpreter_moved == 0)
		return true;
	const bool is_done = relocate_all(image, group);
	image->counts.relocation_ns += clock_ns() - start;
	return is_done;
}
