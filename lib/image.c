/* SPDX-License-Identifier: MIT */
#include "lib/image.h"

enum {
	TUPLE_SIZE = 24,     /* PYB_IMAGE_OBJECT_SIZE, and a number of elements */
	POINTER_SIZE = 8,    /* on all machines that there are bundles for */
	ADDRESS_BITS = 47,   /* of the addresses that programs may use */
	PLACE_BITS = 32 + 3, /* of the offsets that can be written as a place */
};

static enum pyb_status damaged(const struct pyb_image_view *view, const void *record,
			       struct pyb_error *error, const char *what)
{
	const uint64_t offset = (uint64_t)((const uint8_t *)record - view->reader->file);
	return pyb_error_set_at(error, PYB_ERR_DAMAGED, offset, "%s (at byte %llu)", what,
				(unsigned long long)offset);
}

static bool is_run_of(uint32_t count, struct pyb_image_run run)
{
	return run.first <= count && run.count <= count - run.first;
}

/* Find the next array. Sums of five 32-bit counts of small records do not overflow. */
static const void *next_array(const struct pyb_image *image, uint64_t *end, uint32_t count,
			      size_t record_size)
{
	const uint8_t *const array = (const uint8_t *)image + *end;

	*end += (uint64_t)count * record_size;
	return array;
}

/* The pointers are looked at only if the sizes add up. */
static bool find_arrays(struct pyb_image_view *view, uint64_t size)
{
	const struct pyb_image *const image = view->image;
	uint64_t sum = sizeof(*image);

	sum += (uint64_t)image->module_count * sizeof(*view->modules);
	sum += (uint64_t)image->group_count * sizeof(*view->groups);
	sum += (uint64_t)image->known_count * sizeof(*view->knowns);
	sum += (uint64_t)image->name_count * sizeof(*view->names);
	sum += (uint64_t)image->frozenset_count * sizeof(*view->frozensets);
	if (sum != size)
		return false;
	uint64_t end = sizeof(*image);
	view->modules = next_array(image, &end, image->module_count, sizeof(*view->modules));
	view->groups = next_array(image, &end, image->group_count, sizeof(*view->groups));
	view->knowns = next_array(image, &end, image->known_count, sizeof(*view->knowns));
	view->names = next_array(image, &end, image->name_count, sizeof(*view->names));
	view->frozensets =
		next_array(image, &end, image->frozenset_count, sizeof(*view->frozensets));
	return true;
}

static bool addresses_are_sound(const struct pyb_image_view *view)
{
	const struct pyb_image *const image = view->image;
	const uint64_t space = UINT64_C(1) << ADDRESS_BITS, reach = UINT64_C(1) << PLACE_BITS;

	return image->base % PYB_IMAGE_HUGE_PAGE == 0 && image->base > 0 && image->base < space &&
	       image->hot_span % PYB_IMAGE_HUGE_PAGE == 0 && image->hot_span <= reach &&
	       view->hot.size <= image->hot_span && view->cold.size <= reach - image->hot_span &&
	       image->hot_span + view->cold.size <= space - image->base &&
	       view->hot.size % PYB_IMAGE_UNIT == 0 && view->cold.size % PYB_IMAGE_UNIT == 0;
}

static bool module_is_sound(const struct pyb_image_view *view, uint32_t number)
{
	const struct pyb_image_module *const module = &view->modules[number];
	const struct pyb_module *const record = &view->reader->modules[number];
	const bool startup = (record->flags & PYB_MODULE_FLAG_STARTUP) != 0;

	if (!is_run_of(view->image->frozenset_count, module->frozensets) ||
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
	return is_run_of(view->place_count, group->inner) &&
	       is_run_of(view->place_count, group->outer) &&
	       is_run_of(view->image->name_count, group->names) &&
	       is_run_of(view->image->known_count, group->knowns);
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

static enum pyb_status check_description(struct pyb_image_view *view, struct pyb_error *error)
{
	const struct pyb_image *const image = view->image;
	const struct pyb_bytes tables = pyb_reader_bytes(view->reader, PYB_SECTION_IMAGE);
	const struct pyb_bytes places = pyb_reader_bytes(view->reader, PYB_SECTION_PLACES);

	if (image->reserved != 0 || !addresses_are_sound(view))
		return damaged(view, image, error,
			       "the description of the image has an illegal value");
	if (image->module_count != view->reader->module_count || image->group_count == 0 ||
	    !find_arrays(view, tables.size))
		return damaged(view, image, error, "the tables of the image have wrong sizes");
	if (places.size % sizeof(uint32_t) != 0 || places.size / sizeof(uint32_t) >= PYB_NONE)
		return damaged(view, places.data, error,
			       "a table does not consist of whole records");
	view->places = (const uint32_t *)(const void *)places.data;
	view->place_count = (uint32_t)(places.size / sizeof(uint32_t));
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
	status = check_description(view, error);
	return status == PYB_OK ? check_records(view, error) : status;
}

static bool known_is_sound(const struct pyb_image_view *view, const struct pyb_image_known *known)
{
	return known->address != 0 && known->reserved == 0 &&
	       pyb_image_holds(view, known->string, PYB_IMAGE_OBJECT_SIZE) &&
	       is_run_of(view->place_count, known->pointers);
}

static bool name_is_sound(const struct pyb_image_view *view, const struct pyb_image_name *name)
{
	return pyb_image_holds(view, name->string, PYB_IMAGE_OBJECT_SIZE) &&
	       is_run_of(view->place_count, name->pointers);
}

enum pyb_status pyb_image_check_group(const struct pyb_image_view *view, uint32_t group,
				      struct pyb_error *error)
{
	const struct pyb_image_run knowns = view->groups[group].knowns;
	const struct pyb_image_run names = view->groups[group].names;

	for (uint32_t i = 0; i < knowns.count; i++)
		if (!known_is_sound(view, &view->knowns[knowns.first + i]))
			return damaged(view, &view->knowns[knowns.first + i], error,
				       "a known string of the image has an illegal value");
	for (uint32_t i = 0; i < names.count; i++)
		if (!name_is_sound(view, &view->names[names.first + i]))
			return damaged(view, &view->names[names.first + i], error,
				       "a name of the image has an illegal value");
	return PYB_OK;
}

enum pyb_status pyb_image_check_frozensets(const struct pyb_image_view *view, uint32_t number,
					   struct pyb_error *error)
{
	const struct pyb_image_run run = view->modules[number].frozensets;

	for (uint32_t i = 0; i < run.count; i++) {
		const struct pyb_image_frozenset *const set = &view->frozensets[run.first + i];

		if (!pyb_image_holds(view, set->pointer, POINTER_SIZE) ||
		    !pyb_image_holds(view, set->elements, TUPLE_SIZE))
			return damaged(view, set, error,
				       "a frozenset of the image has an illegal value");
	}
	return PYB_OK;
}

bool pyb_image_places_are_sound(const struct pyb_image_view *view, struct pyb_image_run run)
{
	for (uint32_t i = 0; i < run.count; i++)
		if (!pyb_image_holds(view, view->places[run.first + i], POINTER_SIZE))
			return false;
	return true;
}
