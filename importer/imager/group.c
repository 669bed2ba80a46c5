/* SPDX-License-Identifier: MIT */
/* Putting a complete group into the image: final places, pointers, tables. */
#include <stdlib.h>
#include <string.h>

#include "importer/imager/builder.h"

/* The offsets, from the base of the image, at which the regions of the group begin. */
struct layout {
	uint64_t starts[REGION_FINAL + 1]; /* that of final spots is 0 */
};

static uint64_t final_offset(const struct layout *layout, spot at)
{
	return layout->starts[spot_region(at)] + spot_offset(at);
}

static uint32_t place_of(const struct layout *layout, spot at)
{
	return (uint32_t)(final_offset(layout, at) / PYB_IMAGE_UNIT);
}

/* --- begin and release */

/* Place 0 stands for none, so nothing lies there. */
static int leave_first_place(struct builder *builder)
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
		.known_names = PySet_New(NULL),
		.singles = PyDict_New(),
	};
	return group->strings == NULL || group->constants == NULL || group->numbers == NULL ||
			       group->known_names == NULL || group->singles == NULL
		       ? -1
		       : leave_first_place(builder);
}

void group_release(struct group *group)
{
	struct pyb_buffer *const buffers[] = {
		&group->modules, &group->inner,      &group->outer,  &group->texts,
		&group->names,   &group->frozensets, &group->knowns, &group->known_texts};

	for (size_t i = 0; i < REGION_COUNT; i++)
		pyb_buffer_release(&group->regions[i]);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		pyb_buffer_release(buffers[i]);
	Py_XDECREF(group->strings);
	Py_XDECREF(group->constants);
	Py_XDECREF(group->numbers);
	Py_XDECREF(group->known_names);
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
	const struct pointer *const pointers = (const void *)builder->group.inner.data;

	for (uint32_t i = 0; i < count_of(&builder->group.inner, sizeof(*pointers)); i++) {
		const uint64_t address = PYB_IMAGE_BASE + final_offset(layout, pointers[i].to);
		memcpy(builder->group.regions[spot_region(pointers[i].at)].data +
			       spot_offset(pointers[i].at),
		       &address, sizeof(address));
	}
}

/* *cold: where they are in COLD, in units. */
static int append_regions(struct builder *builder, struct pyb_image_run *cold)
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

static int append_place(struct builder *builder, uint32_t place)
{
	return append(&builder->places, &place, sizeof(place));
}

static int write_inner(struct builder *builder, const struct layout *layout,
		       struct pyb_image_run *run)
{
	const struct pointer *const pointers = (const void *)builder->group.inner.data;

	run->first = count_of(&builder->places, sizeof(uint32_t));
	run->count = count_of(&builder->group.inner, sizeof(*pointers));
	for (uint32_t i = 0; i < run->count; i++)
		if (append_place(builder, place_of(layout, pointers[i].at)) != 0)
			return -1;
	return 0;
}

static int write_outer(struct builder *builder, const struct layout *layout,
		       struct pyb_image_run *run)
{
	const spot *const spots = (const void *)builder->group.outer.data;

	run->first = count_of(&builder->places, sizeof(uint32_t));
	run->count = count_of(&builder->group.outer, sizeof(*spots));
	for (uint32_t i = 0; i < run->count; i++)
		if (append_place(builder, place_of(layout, spots[i])) != 0)
			return -1;
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

static int compare_spots(const void *a, const void *b)
{
	const spot x = *(const spot *)a;
	const spot y = *(const spot *)b;

	return x < y ? -1 : x > y;
}

/* The pointers to one name, of which the first is at *next among the sorted ones. */
static int write_name(struct builder *builder, const struct layout *layout, spot string,
		      uint32_t *next)
{
	const struct pointer *const texts = (const void *)builder->group.texts.data;
	const uint32_t count = count_of(&builder->group.texts, sizeof(*texts));
	struct pyb_image_name name = {
		.string = place_of(layout, string),
		.pointers.first = count_of(&builder->places, sizeof(uint32_t)),
	};

	while (*next < count && texts[*next].to < string)
		++*next;
	for (; *next < count && texts[*next].to == string; ++*next, name.pointers.count++)
		if (append_place(builder, place_of(layout, texts[*next].at)) != 0)
			return -1;
	return append(&builder->names, &name, sizeof(name));
}

static int compare_knowns(const void *a, const void *b)
{
	const struct known *const x = a;
	const struct known *const y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* As write_name(), for a string that is not in the image. */
static int write_known(struct builder *builder, const struct layout *layout,
		       const struct known *known, uint32_t *next)
{
	const struct pointer *const texts = (const void *)builder->group.known_texts.data;
	const uint32_t count = count_of(&builder->group.known_texts, sizeof(*texts));
	struct pyb_image_known entry = {
		.address = known->address,
		.string = place_of(layout, known->copy),
		.pointers.first = count_of(&builder->places, sizeof(uint32_t)),
	};

	for (; *next < count && texts[*next].to == known->address; ++*next, entry.pointers.count++)
		if (append_place(builder, place_of(layout, texts[*next].at)) != 0)
			return -1;
	return append(&builder->knowns, &entry, sizeof(entry));
}

static int write_knowns(struct builder *builder, const struct layout *layout,
			struct pyb_image_run *run)
{
	struct group *const group = &builder->group;
	const uint32_t text_count = count_of(&group->known_texts, sizeof(struct pointer));
	struct known *const knowns = (void *)group->knowns.data;
	uint32_t next = 0;

	run->first = count_of(&builder->knowns, sizeof(struct pyb_image_known));
	run->count = count_of(&group->knowns, sizeof(*knowns));
	if (text_count > 0)
		qsort(group->known_texts.data, text_count, sizeof(struct pointer),
		      compare_pointers);
	if (run->count > 0)
		qsort(knowns, run->count, sizeof(*knowns), compare_knowns);
	for (uint32_t i = 0; i < run->count; i++)
		if (write_known(builder, layout, &knowns[i], &next) != 0)
			return -1;
	return 0;
}

static int write_names(struct builder *builder, const struct layout *layout,
		       struct pyb_image_run *run)
{
	struct group *const group = &builder->group;
	const uint32_t text_count = count_of(&group->texts, sizeof(struct pointer));
	spot *const names = (void *)group->names.data;
	uint32_t next = 0;

	run->first = count_of(&builder->names, sizeof(struct pyb_image_name));
	run->count = count_of(&group->names, sizeof(*names));
	if (text_count > 0)
		qsort(group->texts.data, text_count, sizeof(struct pointer), compare_pointers);
	if (run->count > 0)
		qsort(names, run->count, sizeof(*names), compare_spots);
	for (uint32_t i = 0; i < run->count; i++)
		if (write_name(builder, layout, names[i], &next) != 0)
			return -1;
	return 0;
}

static int write_frozensets(struct builder *builder, const struct layout *layout)
{
	const struct pointer *const pointers = (const void *)builder->group.frozensets.data;

	for (uint32_t i = 0; i < count_of(&builder->group.frozensets, sizeof(*pointers)); i++) {
		const struct pyb_image_frozenset frozenset = {
			.pointer = place_of(layout, pointers[i].at),
			.elements = place_of(layout, pointers[i].to),
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
			.code = place_of(layout, modules[i].code),
			.group = number,
			.frozensets.first = first_frozenset + modules[i].first_frozenset,
			.frozensets.count = modules[i].frozenset_count,
		};
		code_sizes[modules[i].number] = modules[i].code_size;
	}
}

static int write_tables(struct builder *builder, const struct layout *layout,
			struct pyb_image_run cold)
{
	const uint32_t number = count_of(&builder->groups, sizeof(struct pyb_image_group));
	const uint32_t first_frozenset =
		count_of(&builder->frozensets, sizeof(struct pyb_image_frozenset));
	struct pyb_image_group entry = {
		.places.first = count_of(&builder->places, sizeof(uint32_t)),
		.cold = cold,
	};

	if (write_inner(builder, layout, &entry.inner) != 0 ||
	    write_outer(builder, layout, &entry.outer) != 0 ||
	    write_knowns(builder, layout, &entry.knowns) != 0 ||
	    write_names(builder, layout, &entry.names) != 0 ||
	    write_frozensets(builder, layout) != 0)
		return -1;
	write_modules(builder, layout, first_frozenset, number);
	entry.places.count = count_of(&builder->places, sizeof(uint32_t)) - entry.places.first;
	return append(&builder->groups, &entry, sizeof(entry));
}

/* --- what later groups may refer to */

/* A copy of the dictionary in which all spots are final ones. */
static PyObject *settle_memo(PyObject *memo, const struct layout *layout)
{
	PyObject *const settled = PyDict_New();
	PyObject *key, *value;
	Py_ssize_t at = 0;

	while (settled != NULL && PyDict_Next(memo, &at, &key, &value)) {
		const spot before = PyLong_AsUnsignedLongLong(value);
		PyObject *const after = PyLong_FromUnsignedLongLong(
			spot_make(REGION_FINAL, final_offset(layout, before)));
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
	struct pyb_image_run cold;
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
