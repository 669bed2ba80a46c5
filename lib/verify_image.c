/* SPDX-License-Identifier: MIT */
/* The walk over all pointers of an image, as `pybundle verify` and the writer make it. */
#include <string.h>

#include "lib/image.h"

static enum pyb_status damaged_slot(const struct pyb_image_view *view, uint32_t slot,
				    struct pyb_error *error, const char *what)
{
	const uint64_t offset = (uint64_t)(pyb_image_bytes(view, slot) - view->reader->file);

	return pyb_error_set_at(error, PYB_ERR_DAMAGED, offset, "%s (at byte %llu)", what,
				(unsigned long long)offset);
}

static uint64_t pointer_at(const struct pyb_image_view *view, uint32_t slot)
{
	uint64_t pointer;

	memcpy(&pointer, pyb_image_bytes(view, slot), sizeof(pointer));
	return pointer;
}

static uint64_t address_of(const struct pyb_image_view *view, uint32_t position)
{
	return view->image->base + (uint64_t)position * PYB_IMAGE_UNIT;
}

static bool is_object(const struct pyb_image_view *view, uint64_t address)
{
	const uint64_t offset = address - view->image->base;

	return address >= view->image->base && offset % PYB_IMAGE_UNIT == 0 &&
	       offset / PYB_IMAGE_UNIT < PYB_NONE &&
	       pyb_image_holds(view, (uint32_t)(offset / PYB_IMAGE_UNIT), PYB_IMAGE_OBJECT_SIZE);
}

static bool is_in_image(const struct pyb_image_view *view, uint64_t address)
{
	return address >= view->image->base &&
	       address - view->image->base < view->image->hot_span + view->cold.size;
}

static enum pyb_status verify_internal(const struct pyb_image_view *view,
				       struct pyb_image_range range, struct pyb_error *error)
{
	for (uint32_t i = 0; i < range.count; i++) {
		const uint32_t slot = view->relocations[range.first + i];

		if (!is_object(view, pointer_at(view, slot)))
			return damaged_slot(view, slot, error,
					    "a pointer does not lead to an object of the image");
	}
	return PYB_OK;
}

static enum pyb_status verify_external(const struct pyb_image_view *view,
				       struct pyb_image_range range, struct pyb_error *error)
{
	for (uint32_t i = 0; i < range.count; i++) {
		const uint32_t slot = view->relocations[range.first + i];
		const uint64_t address = pointer_at(view, slot);

		if (address == 0 || is_in_image(view, address))
			return damaged_slot(
				view, slot, error,
				"a pointer does not lead to an object of the interpreter");
	}
	return PYB_OK;
}

/* All pointers of a string hold the same address. */
static enum pyb_status verify_slots(const struct pyb_image_view *view, struct pyb_image_range range,
				    uint64_t address, struct pyb_error *error)
{
	for (uint32_t i = 0; i < range.count; i++) {
		const uint32_t slot = view->relocations[range.first + i];

		if (!pyb_image_holds(view, slot, sizeof(address)))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "a relocation lies outside of the image");
		if (pointer_at(view, slot) != address)
			return damaged_slot(view, slot, error,
					    "a pointer does not lead to its string");
	}
	return PYB_OK;
}

static enum pyb_status verify_strings(const struct pyb_image_view *view,
				      const struct pyb_image_group *group, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < group->interned.count && status == PYB_OK; i++) {
		const struct pyb_image_interned *const interned =
			&view->interned[group->interned.first + i];

		status = verify_slots(view, interned->slots, address_of(view, interned->string),
				      error);
	}
	for (uint32_t i = 0; i < group->statics.count && status == PYB_OK; i++) {
		const struct pyb_image_static *const fixed =
			&view->statics[group->statics.first + i];

		status = verify_slots(view, fixed->slots, fixed->address, error);
	}
	return status;
}

static enum pyb_status verify_group(const struct pyb_image_view *view, uint32_t number,
				    struct pyb_error *error)
{
	const struct pyb_image_group *const group = &view->groups[number];
	enum pyb_status status = pyb_image_check_group(view, number, error);

	if (status == PYB_OK)
		status = pyb_image_check_cold(view, number, view->cold.data, error);
	if (status != PYB_OK)
		return status;
	if (!pyb_image_slots_are_sound(view, group->internal) ||
	    !pyb_image_slots_are_sound(view, group->external))
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "a relocation lies outside of the image");
	status = verify_internal(view, group->internal, error);
	if (status == PYB_OK)
		status = verify_external(view, group->external, error);
	if (status == PYB_OK)
		status = verify_strings(view, group, error);
	return status;
}

/* A pointer that is to be filled in is NULL before. */
static enum pyb_status verify_frozensets(const struct pyb_image_view *view, uint32_t number,
					 struct pyb_error *error)
{
	const struct pyb_image_range range = view->modules[number].frozensets;
	const enum pyb_status status = pyb_image_check_frozensets(view, number, error);

	for (uint32_t i = 0; i < range.count && status == PYB_OK; i++) {
		const uint32_t slot = view->frozensets[range.first + i].slot;

		if (pointer_at(view, slot) != 0)
			return damaged_slot(view, slot, error,
					    "the pointer to a frozenset is there already");
	}
	return status;
}

/* Group 0 is that of the startup modules; the others have theirs in the order of the records. */
static enum pyb_status verify_modules(const struct pyb_image_view *view, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	uint32_t groups = 1;

	for (uint32_t i = 0; i < view->image->module_count && status == PYB_OK; i++) {
		const uint32_t group = view->modules[i].group;

		if (group != PYB_NONE && group != 0 && group != groups++)
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "the groups are not in the order of their modules");
		status = verify_frozensets(view, i, error);
	}
	if (status == PYB_OK && groups != view->image->group_count)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the image has a group that no module needs");
	return status;
}

static bool follows(uint64_t *end, struct pyb_image_range range)
{
	const bool is_next = range.first == *end;

	*end += range.count;
	return is_next;
}

/* In the order of the groups, and without gaps, so that no byte is without a checksum of its group. */
static enum pyb_status verify_parts(const struct pyb_image_view *view, struct pyb_error *error)
{
	uint64_t relocations = 0, cold = 0;

	for (uint32_t i = 0; i < view->image->group_count; i++)
		if (!follows(&relocations, view->groups[i].relocations) ||
		    !follows(&cold, view->groups[i].cold))
			return pyb_error_set(error, PYB_ERR_DAMAGED,
					     "the parts of the groups do not follow each other");
	if (relocations == view->relocation_count && cold == view->cold.size / PYB_IMAGE_UNIT)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED, "a part of the image is of no group");
}

enum pyb_status pyb_image_verify(const struct pyb_image_view *view, struct pyb_error *error)
{
	enum pyb_status status = verify_modules(view, error);

	for (uint32_t i = 0; i < view->image->group_count && status == PYB_OK; i++)
		status = verify_group(view, i, error);
	if (status == PYB_OK)
		status = verify_parts(view, error);
	return status;
}
