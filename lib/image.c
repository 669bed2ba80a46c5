/* SPDX-License-Identifier: MIT */
#include "lib/image.h"

#include "lib/image_tables.h"
#include "lib/name_list.h"

enum {
	TUPLE_SIZE = 24,        /* PYB_IMAGE_OBJECT_SIZE, and a number of elements */
	POINTER_SIZE = 8,       /* on all machines that there are bundles for */
	ADDRESS_BITS = 47,      /* of the addresses that programs may use */
	POSITION_BITS = 32 + 3, /* of the offsets that can be written as a position */
};

static enum pyb_status damaged(const struct pyb_image_view *view, const void *record,
			       struct pyb_error *error, const char *what)
{
	const uint64_t offset = (uint64_t)((const uint8_t *)record - view->reader->file);
	return pyb_error_set_at(error, PYB_ERR_DAMAGED, offset, "%s (at byte %llu)", what,
				(unsigned long long)offset);
}

static bool addresses_are_sound(const struct pyb_image_view *view)
{
	const struct pyb_image *const image = view->image;
	const uint64_t space = UINT64_C(1) << ADDRESS_BITS, reach = UINT64_C(1) << POSITION_BITS;

	return image->base % PYB_IMAGE_HUGE_PAGE == 0 && image->base > 0 && image->base < space &&
	       image->hot_span % PYB_IMAGE_HUGE_PAGE == 0 && image->hot_span <= reach &&
	       view->hot.size <= image->hot_span && view->cold.size <= reach - image->hot_span &&
	       image->hot_span + view->cold.size <= space - image->base &&
	       view->hot.size % PYB_IMAGE_UNIT == 0 && view->cold.size % PYB_IMAGE_UNIT == 0;
}

/* Nothing but the image speaks of these. */
static bool frozen_is_sound(const struct pyb_image_view *view, uint32_t number)
{
	const struct pyb_image_module *const module = &view->modules[number];

	return pyb_image_is_range_of(view->image->frozenset_count, module->frozensets) &&
	       module->code != 0 && module->group < view->image->group_count &&
	       pyb_image_holds(view, module->code, PYB_IMAGE_OBJECT_SIZE);
}

static bool module_is_sound(const struct pyb_image_view *view, uint32_t number)
{
	const struct pyb_image_module *const module = &view->modules[number];

	if (number >= view->reader->module_count)
		return frozen_is_sound(view, number);
	const struct pyb_module *const record = &view->reader->modules[number];
	const bool startup = (record->flags & PYB_MODULE_FLAG_STARTUP) != 0;

	if (!pyb_image_is_range_of(view->image->frozenset_count, module->frozensets) ||
	    record->code_offset != (uint64_t)module->code * PYB_IMAGE_UNIT)
		return false;
	if (record->kind != PYB_MODULE_SOURCE)
		return module->code == 0 && module->group == PYB_NONE &&
		       module->frozensets.count == 0;
	return module->code != 0 && module->group < view->image->group_count &&
	       startup == (module->group == 0) &&
	       pyb_image_holds(view, module->code, record->code_size);
}

static bool group_is_sound(const struct pyb_image_view *view, const struct pyb_image_group *group)
{
	return pyb_image_is_range_of(view->relocation_count, group->relocations) &&
	       pyb_image_is_part_of(group->relocations, group->internal) &&
	       pyb_image_is_part_of(group->relocations, group->external) &&
	       pyb_image_is_range_of((uint32_t)(view->cold.size / PYB_IMAGE_UNIT), group->cold) &&
	       pyb_image_is_range_of(view->image->interned_count, group->interned) &&
	       pyb_image_is_range_of(view->image->static_count, group->statics);
}

static enum pyb_status check_records(const struct pyb_image_view *view, struct pyb_error *error)
{
	const struct pyb_image *const image = view->image;

	for (uint32_t i = 0; i < image->module_count; i++)
		if (!module_is_sound(view, i))
			return damaged(view, &view->modules[i], error,
				       "the image's record of a module has an illegal value");
	for (uint32_t i = 0; i < image->group_count; i++)
		if (!group_is_sound(view, &view->groups[i]))
			return damaged(view, &view->groups[i], error,
				       "a group of the image has an illegal value");
	return PYB_OK;
}

/* They are few, and known before the sizes of the tables are. */
static enum pyb_status find_frozen(struct pyb_image_view *view, struct pyb_error *error)
{
	const struct pyb_section *const section =
		pyb_reader_section(view->reader, PYB_SECTION_FROZEN);
	const struct pyb_bytes names = pyb_reader_bytes(view->reader, PYB_SECTION_FROZEN);

	if (section == NULL)
		return PYB_OK;
	view->frozen = (const char *)names.data;
	if (!pyb_name_list_is_sound(&names, &view->frozen_count))
		return damaged(view, names.data, error,
			       "the names of frozen modules are malformed");
	return pyb_reader_check_section(view->reader, section, error);
}

static enum pyb_status check_description(struct pyb_image_view *view, struct pyb_error *error)
{
	const struct pyb_image *const image = view->image;
	const struct pyb_bytes tables = pyb_reader_bytes(view->reader, PYB_SECTION_IMAGE);
	const struct pyb_bytes relocations =
		pyb_reader_bytes(view->reader, PYB_SECTION_RELOCATIONS);
	struct pyb_image_tables found;

	if (image->reserved != 0 || !addresses_are_sound(view))
		return damaged(view, image, error,
			       "the description of the image has an illegal value");
	if (image->module_count != (uint64_t)view->reader->module_count + view->frozen_count ||
	    image->group_count == 0 || !pyb_image_find_tables(image, tables.size, &found))
		return damaged(view, image, error, "the tables of the image have wrong sizes");
	if (image->checksum != pyb_image_checksum(&found))
		return damaged(view, image, error,
			       "the checksum of the description of the image is wrong");
	view->modules = found.modules;
	view->groups = found.groups;
	view->frozensets = found.frozensets;
	view->statics = found.statics;
	view->interned = found.interned;
	if (relocations.size % sizeof(uint32_t) != 0 ||
	    relocations.size / sizeof(uint32_t) >= PYB_NONE)
		return damaged(view, relocations.data, error,
			       "a table does not consist of whole records");
	view->relocations = (const uint32_t *)(const void *)relocations.data;
	view->relocation_count = (uint32_t)(relocations.size / sizeof(uint32_t));
	return PYB_OK;
}

enum pyb_status pyb_image_open(const struct pyb_reader *reader, struct pyb_image_view *view,
			       struct pyb_error *error)
{
	enum pyb_status status;

	if (reader->image == NULL)
		return pyb_error_set(error, PYB_ERR_INVALID, "the payload is not an image");
	*view = (struct pyb_image_view){
		.reader = reader,
		.image = reader->image,
		.hot = pyb_reader_bytes(reader, PYB_SECTION_HOT),
		.cold = pyb_reader_bytes(reader, PYB_SECTION_COLD),
	};
	status = find_frozen(view, error);
	if (status == PYB_OK)
		status = check_description(view, error);
	return status == PYB_OK ? check_records(view, error) : status;
}

static bool static_is_sound(const struct pyb_image_view *view, const struct pyb_image_group *group,
			    const struct pyb_image_static *fixed)
{
	return fixed->address != 0 && fixed->reserved == 0 &&
	       pyb_image_holds(view, fixed->string, PYB_IMAGE_OBJECT_SIZE) &&
	       pyb_image_is_part_of(group->relocations, fixed->slots);
}

static bool interned_is_sound(const struct pyb_image_view *view,
			      const struct pyb_image_group *group,
			      const struct pyb_image_interned *interned)
{
	return pyb_image_holds(view, interned->string, PYB_IMAGE_OBJECT_SIZE) &&
	       pyb_image_is_part_of(group->relocations, interned->slots);
}

enum pyb_status pyb_image_check_group(const struct pyb_image_view *view, uint32_t number,
				      struct pyb_error *error)
{
	const struct pyb_image_group *const group = &view->groups[number];
	const struct pyb_image_static *const statics = view->statics + group->statics.first;
	const struct pyb_image_interned *const interned = view->interned + group->interned.first;

	if (group->checksum != pyb_image_group_checksum(group, view->statics, view->interned))
		return damaged(view, group, error, "the checksum of a group of the image is wrong");
	for (uint32_t i = 0; i < group->statics.count; i++)
		if (!static_is_sound(view, group, &statics[i]))
			return damaged(view, &statics[i], error,
				       "a static string of the image has an illegal value");
	for (uint32_t i = 0; i < group->interned.count; i++)
		if (!interned_is_sound(view, group, &interned[i]))
			return damaged(view, &interned[i], error,
				       "an interned string of the image has an illegal value");
	return PYB_OK;
}

enum pyb_status pyb_image_check_cold(const struct pyb_image_view *view, uint32_t number,
				     const uint8_t *cold, struct pyb_error *error)
{
	const struct pyb_image_group *const group = &view->groups[number];

	if (group->cold_checksum == pyb_image_cold_checksum(group, view->relocations, cold))
		return PYB_OK;
	return damaged(view, group, error,
		       "the checksum of a group's objects or relocations is wrong");
}

enum pyb_status pyb_image_check_frozensets(const struct pyb_image_view *view, uint32_t number,
					   struct pyb_error *error)
{
	const struct pyb_image_range range = view->modules[number].frozensets;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct pyb_image_frozenset *const set = &view->frozensets[range.first + i];

		if (!pyb_image_holds(view, set->slot, POINTER_SIZE) ||
		    !pyb_image_holds(view, set->elements, TUPLE_SIZE))
			return damaged(view, set, error,
				       "a frozenset of the image has an illegal value");
	}
	return PYB_OK;
}

bool pyb_image_slots_are_sound(const struct pyb_image_view *view, struct pyb_image_range range)
{
	for (uint32_t i = 0; i < range.count; i++)
		if (!pyb_image_holds(view, view->relocations[range.first + i], POINTER_SIZE))
			return false;
	return true;
}
