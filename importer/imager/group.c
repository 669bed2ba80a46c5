/* SPDX-License-Identifier: MIT */
/* Putting a complete group into the image: final positions, pointers, tables. */
#include <stdlib.h>
#include <string.h>

#include "importer/imager/builder.h"

/* The offsets, from the base of the image, at which the regions of the group begin. */
struct layout {
	uint64_t starts[REGION_FINAL + 1]; /* that of final locations is 0 */
};

static uint64_t final_offset(const struct layout *layout, location at)
{
	return layout->starts[location_region(at)] + location_offset(at);
}

static uint32_t position_of(const struct layout *layout, location at)
{
	return (uint32_t)(final_offset(layout, at) / PYB_IMAGE_UNIT);
}

/* --- begin and release */

/* Position 0 stands for none, so nothing lies there. */
static int leave_first_unit(struct builder *builder)
{
	if (builder->shared_strings != NULL)
		return 0;
	return append(&builder->group.regions[REGION_HOT], (uint8_t[PYB_IMAGE_UNIT]){0},
		      PYB_IMAGE_UNIT);
}

int group_begin(struct builder *builder)
{
	struct group *const group = &builder->group;

	*group = (struct group){
		.strings = PyDict_New(),
		.constants = PyDict_New(),
		.numbers = PyDict_New(),
		.listed = PySet_New(NULL),
		.singles = PyDict_New(),
	};
	return group->strings == NULL || group->constants == NULL || group->numbers == NULL ||
			       group->listed == NULL || group->singles == NULL
		       ? -1
		       : leave_first_unit(builder);
}

void group_release(struct group *group)
{
	struct pyb_buffer *const buffers[] = {
		&group->modules,  &group->internal,   &group->external, &group->string_slots,
		&group->interned, &group->frozensets, &group->statics,  &group->static_slots};

	for (size_t i = 0; i < REGION_COUNT; i++)
		pyb_buffer_release(&group->regions[i]);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		pyb_buffer_release(buffers[i]);
	Py_XDECREF(group->strings);
	Py_XDECREF(group->constants);
	Py_XDECREF(group->numbers);
	Py_XDECREF(group->listed);
	Py_XDECREF(group->singles);
	*group = (struct group){0};
}

/* --- objects */

static uint64_t round_up(uint64_t size, uint64_t unit)
{
	return (size + unit - 1) / unit * unit;
}

/*
 * Group 0 has HOT for itself, and COLD begins behind it. Everything else goes to COLD, each group on
 * pages of its own.
 */
static int settle_layout(struct builder *builder, struct layout *layout)
{
	const struct pyb_buffer *const regions = builder->group.regions;
	const bool first = builder->shared_strings == NULL;
	uint64_t at;

	*layout = (struct layout){0};
	if (first)
		builder->hot_span = round_up(regions[REGION_HOT].size, PYB_IMAGE_HUGE_PAGE);
	at = builder->hot_span + builder->cold.size;
	for (int i = first ? REGION_COLD : REGION_HOT; i < REGION_COUNT; i++) {
		layout->starts[i] = at;
		at += regions[i].size;
	}
	if (at / PYB_IMAGE_UNIT <= UINT32_MAX)
		return 0;
	PyErr_SetString(PyExc_OverflowError, "an image of more than 32 GiB");
	return -1;
}

/* The regions' bytes are complete but for the addresses inside of the image. */
static void write_pointers(struct builder *builder, const struct layout *layout)
{
	const struct pointer *const pointers = (const void *)builder->group.internal.data;

	for (uint32_t i = 0; i < count_of(&builder->group.internal, sizeof(*pointers)); i++) {
		const uint64_t address = PYB_IMAGE_BASE + final_offset(layout, pointers[i].to);
		memcpy(builder->group.regions[location_region(pointers[i].at)].data +
			       location_offset(pointers[i].at),
		       &address, sizeof(address));
	}
}

/* *cold: where they are in COLD, in units. */
static int append_regions(struct builder *builder, struct pyb_image_range *cold)
{
	const struct pyb_buffer *const regions = builder->group.regions;
	const bool first = builder->shared_strings == NULL;

	cold->first = count_of(&builder->cold, PYB_IMAGE_UNIT);
	for (int i = 0; i < REGION_COUNT; i++) {
		struct pyb_buffer *const to =
			first && i == REGION_HOT ? &builder->hot : &builder->cold;
		if (append(to, regions[i].data, regions[i].size) != 0)
			return -1;
	}
	if (pyb_buffer_align(&builder->cold, PYB_PAGE_SIZE, NULL) != PYB_OK) {
		PyErr_NoMemory();
		return -1;
	}
	cold->count = count_of(&builder->cold, PYB_IMAGE_UNIT) - cold->first;
	return 0;
}

/* --- tables */

static int append_slot(struct builder *builder, uint32_t slot)
{
	return append(&builder->relocations, &slot, sizeof(slot));
}

static int compare_slots(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a;
	const uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Those from the range's first one on, in the order of memory, which a start walks through once. */
static void end_range(struct builder *builder, struct pyb_image_range *range)
{
	uint32_t *const slots = (void *)builder->relocations.data;

	range->count = count_of(&builder->relocations, sizeof(*slots)) - range->first;
	if (range->count > 0)
		qsort(slots + range->first, range->count, sizeof(*slots), compare_slots);
}

static int write_internal(struct builder *builder, const struct layout *layout,
			  struct pyb_image_range *range)
{
	const struct pointer *const pointers = (const void *)builder->group.internal.data;

	range->first = count_of(&builder->relocations, sizeof(uint32_t));
	for (uint32_t i = 0; i < count_of(&builder->group.internal, sizeof(*pointers)); i++)
		if (append_slot(builder, position_of(layout, pointers[i].at)) != 0)
			return -1;
	end_range(builder, range);
	return 0;
}

static int write_external(struct builder *builder, const struct layout *layout,
			  struct pyb_image_range *range)
{
	const location *const locations = (const void *)builder->group.external.data;

	range->first = count_of(&builder->relocations, sizeof(uint32_t));
	for (uint32_t i = 0; i < count_of(&builder->group.external, sizeof(*locations)); i++)
		if (append_slot(builder, position_of(layout, locations[i])) != 0)
			return -1;
	end_range(builder, range);
	return 0;
}

static int compare_pointers(const void *a, const void *b)
{
	const struct pointer *const x = a;
	const struct pointer *const y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int compare_locations(const void *a, const void *b)
{
	const location x = *(const location *)a;
	const location y = *(const location *)b;

	return x < y ? -1 : x > y;
}

/* The slots of one interned string, of which the first is at *next among the sorted ones. */
static int write_interned(struct builder *builder, const struct layout *layout, location string,
			  uint32_t *next)
{
	const struct pointer *const string_slots = (const void *)builder->group.string_slots.data;
	const uint32_t count = count_of(&builder->group.string_slots, sizeof(*string_slots));
	struct pyb_image_interned entry = {
		.string = position_of(layout, string),
		.slots.first = count_of(&builder->relocations, sizeof(uint32_t)),
	};

	while (*next < count && string_slots[*next].to < string)
		++*next;
	for (; *next < count && string_slots[*next].to == string; ++*next, entry.slots.count++)
		if (append_slot(builder, position_of(layout, string_slots[*next].at)) != 0)
			return -1;
	return append(&builder->interned, &entry, sizeof(entry));
}

static int compare_statics(const void *a, const void *b)
{
	const struct static_string *const x = a;
	const struct static_string *const y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* As write_interned(), for a string that is not in the image. */
static int write_static(struct builder *builder, const struct layout *layout,
			const struct static_string *fixed, uint32_t *next)
{
	const struct pointer *const string_slots = (const void *)builder->group.static_slots.data;
	const uint32_t count = count_of(&builder->group.static_slots, sizeof(*string_slots));
	struct pyb_image_static entry = {
		.address = fixed->address,
		.string = position_of(layout, fixed->copy),
		.slots.first = count_of(&builder->relocations, sizeof(uint32_t)),
	};

	for (; *next < count && string_slots[*next].to == fixed->address;
	     ++*next, entry.slots.count++)
		if (append_slot(builder, position_of(layout, string_slots[*next].at)) != 0)
			return -1;
	return append(&builder->statics, &entry, sizeof(entry));
}

static int write_statics(struct builder *builder, const struct layout *layout,
			 struct pyb_image_range *range)
{
	struct group *const group = &builder->group;
	const uint32_t text_count = count_of(&group->static_slots, sizeof(struct pointer));
	struct static_string *const statics = (void *)group->statics.data;
	uint32_t next = 0;

	range->first = count_of(&builder->statics, sizeof(struct pyb_image_static));
	range->count = count_of(&group->statics, sizeof(*statics));
	if (text_count > 0)
		qsort(group->static_slots.data, text_count, sizeof(struct pointer),
		      compare_pointers);
	if (range->count > 0)
		qsort(statics, range->count, sizeof(*statics), compare_statics);
	for (uint32_t i = 0; i < range->count; i++)
		if (write_static(builder, layout, &statics[i], &next) != 0)
			return -1;
	return 0;
}

static int write_all_interned(struct builder *builder, const struct layout *layout,
			      struct pyb_image_range *range)
{
	struct group *const group = &builder->group;
	const uint32_t text_count = count_of(&group->string_slots, sizeof(struct pointer));
	location *const strings = (void *)group->interned.data;
	uint32_t next = 0;

	range->first = count_of(&builder->interned, sizeof(struct pyb_image_interned));
	range->count = count_of(&group->interned, sizeof(*strings));
	if (text_count > 0)
		qsort(group->string_slots.data, text_count, sizeof(struct pointer),
		      compare_pointers);
	if (range->count > 0)
		qsort(strings, range->count, sizeof(*strings), compare_locations);
	for (uint32_t i = 0; i < range->count; i++)
		if (write_interned(builder, layout, strings[i], &next) != 0)
			return -1;
	return 0;
}

static int write_frozensets(struct builder *builder, const struct layout *layout)
{
	const struct pointer *const pointers = (const void *)builder->group.frozensets.data;

	for (uint32_t i = 0; i < count_of(&builder->group.frozensets, sizeof(*pointers)); i++) {
		const struct pyb_image_frozenset frozenset = {
			.slot = position_of(layout, pointers[i].at),
			.elements = position_of(layout, pointers[i].to),
		};
		if (append(&builder->frozensets, &frozenset, sizeof(frozenset)) != 0)
			return -1;
	}
	return 0;
}

static void write_modules(struct builder *builder, const struct layout *layout,
			  uint32_t first_frozenset, uint32_t number)
{
	const struct module *const modules = (const void *)builder->group.modules.data;
	struct pyb_image_module *const table = (void *)builder->modules.data;
	uint64_t *const code_sizes = (void *)builder->code_sizes.data;

	for (uint32_t i = 0; i < count_of(&builder->group.modules, sizeof(*modules)); i++) {
		table[modules[i].number] = (struct pyb_image_module){
			.code = position_of(layout, modules[i].code),
			.group = number,
			.frozensets.first = first_frozenset + modules[i].first_frozenset,
			.frozensets.count = modules[i].frozenset_count,
		};
		code_sizes[modules[i].number] = modules[i].code_size;
	}
}

static int write_tables(struct builder *builder, const struct layout *layout,
			struct pyb_image_range cold)
{
	const uint32_t number = count_of(&builder->groups, sizeof(struct pyb_image_group));
	const uint32_t first_frozenset =
		count_of(&builder->frozensets, sizeof(struct pyb_image_frozenset));
	struct pyb_image_group entry = {
		.relocations.first = count_of(&builder->relocations, sizeof(uint32_t)),
		.cold = cold,
	};

	if (write_internal(builder, layout, &entry.internal) != 0 ||
	    write_external(builder, layout, &entry.external) != 0 ||
	    write_statics(builder, layout, &entry.statics) != 0 ||
	    write_all_interned(builder, layout, &entry.interned) != 0 ||
	    write_frozensets(builder, layout) != 0)
		return -1;
	write_modules(builder, layout, first_frozenset, number);
	entry.relocations.count =
		count_of(&builder->relocations, sizeof(uint32_t)) - entry.relocations.first;
	return append(&builder->groups, &entry, sizeof(entry));
}

/* --- what later groups may refer to */

/* A copy of the dictionary in which all locations are final ones. */
static PyObject *settle_memo(PyObject *memo, const struct layout *layout)
{
	PyObject *const settled = PyDict_New();
	PyObject *key, *value;
	Py_ssize_t at = 0;

	while (settled != NULL && PyDict_Next(memo, &at, &key, &value)) {
		const location before = PyLong_AsUnsignedLongLong(value);
		PyObject *const after = PyLong_FromUnsignedLongLong(
			location_make(REGION_FINAL, final_offset(layout, before)));
		const int result = after == NULL ? -1 : PyDict_SetItem(settled, key, after);
		Py_XDECREF(after);
		if (result != 0) {
			Py_DECREF(settled);
			return NULL;
		}
	}
	return settled;
}

static int share(struct builder *builder, const struct layout *layout)
{
	if (builder->shared_strings != NULL)
		return 0;
	builder->shared_strings = settle_memo(builder->group.strings, layout);
	builder->shared_constants = settle_memo(builder->group.constants, layout);
	return builder->shared_strings == NULL || builder->shared_constants == NULL ? -1 : 0;
}

int group_end(struct builder *builder)
{
	struct pyb_image_range cold;
	struct layout layout;

	if (settle_layout(builder, &layout) != 0)
		return -1;
	write_pointers(builder, &layout);
	if (append_regions(builder, &cold) != 0 || write_tables(builder, &layout, cold) != 0 ||
	    share(builder, &layout) != 0)
		return -1;
	group_release(&builder->group);
	return 0;
}
