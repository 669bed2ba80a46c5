/* SPDX-License-Identifier: MIT */
#include "importer/image/adaptation.h"

#include <string.h>

#include "importer/cpython/interning.h"

/* So many strings ahead are brought into the cache while one is interned. */
enum { PREFETCH_AHEAD = 8 };

bool image_has(const struct image *image, uint32_t position, const PyTypeObject *type)
{
	return pyb_image_holds(&image->view, position, sizeof(PyVarObject)) &&
	       Py_TYPE((PyObject *)image_at(image, position)) == type;
}

/* --- strings */

/* Bytes of a string in the one form that images have: compact, and ready. */
static uint64_t string_size(PyObject *string)
{
	const uint64_t units = (uint64_t)PyUnicode_GET_LENGTH(string) + 1;
	const uint64_t head =
		PyUnicode_IS_ASCII(string) ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);

	if (units > UINT32_MAX)
		return UINT64_MAX;
	return head + units * (uint64_t)PyUnicode_KIND(string);
}

static bool is_string(const struct image *image, uint32_t position)
{
	PyObject *const object = image_at(image, position);

	return image_has(image, position, &PyUnicode_Type) &&
	       pyb_image_holds(&image->view, position, sizeof(PyASCIIObject)) &&
	       PyUnicode_IS_COMPACT(object) &&
	       pyb_image_holds(&image->view, position, string_size(object));
}

static bool replace_pointers(struct image *image, struct pyb_image_range range, PyObject *before,
			     PyObject *after)
{
	const uint32_t *const slots = image->view.relocations + range.first;

	if (!pyb_image_slots_are_sound(&image->view, range))
		return false;
	for (uint32_t i = 0; i < range.count; i++) {
		PyObject **const pointer = image_at(image, slots[i]);
		if (*pointer == before)
			*pointer = after;
	}
	image->counts.replaced++;
	image->counts.slots += range.count;
	return true;
}

/*
 * Where another string is returned, its reference is that of all pointers: they are never released.
 * That of ours is given up without need, of a great many that the builder gave it.
 */
static bool intern(struct image *image, const struct pyb_image_interned *interned)
{
	PyObject *const ours = image_at(image, interned->string);
	PyObject *string = ours;

	if (!is_string(image, interned->string))
		return false;
	interning_of_code(&string);
	return string == ours || replace_pointers(image, interned->slots, ours, string);
}

bool image_intern(struct image *image, const struct pyb_image_group *group)
{
	const struct pyb_image_interned *const strings =
		image->view.interned + group->interned.first;
	const uint32_t count = group->interned.count;

	for (uint32_t i = 0; i < count; i++) {
		if (count - i > PREFETCH_AHEAD)
			__builtin_prefetch(image_at(image, strings[i + PREFETCH_AHEAD].string), 1);
		if (!intern(image, &strings[i]))
			return false;
	}
	image->counts.interned += count;
	return true;
}

/* Both are compact. */
static bool are_equal(PyObject *a, PyObject *b)
{
	return PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) &&
	       PyUnicode_KIND(a) == PyUnicode_KIND(b) &&
	       PyUnicode_IS_ASCII(a) == PyUnicode_IS_ASCII(b) &&
	       memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
		      (size_t)PyUnicode_GET_LENGTH(a) * (size_t)PyUnicode_KIND(a)) == 0;
}

/* Whether memory is there that begins like an object, at the least. */
static bool segment_holds(const struct interpreter_segment *segment, uint64_t address)
{
	return address >= segment->start && address < segment->end &&
	       segment->end - address >= sizeof(PyCompactUnicodeObject) &&
	       address % sizeof(void *) == 0;
}

/* The interpreter was compared with the image's by its build id, so what is a string there is whole. */
static bool is_there(const struct image *image, PyObject *string, uint64_t address)
{
	PyObject *const other = (PyObject *)(uintptr_t)address;

	return segment_holds(&image->interpreter, address) && PyUnicode_CheckExact(other) &&
	       PyUnicode_IS_COMPACT(other) && PyUnicode_CHECK_INTERNED(other) &&
	       are_equal(string, other);
}

/* The pointers are among those that were relocated, so they hold the address as it is here. */
static bool recognize(struct image *image, const struct pyb_image_static *fixed)
{
	const uint64_t address = fixed->address + image->interpreter_moved;
	PyObject *string = image_at(image, fixed->string);

	if (!is_string(image, fixed->string))
		return false;
	if (is_there(image, string, address)) {
		image->counts.statics++;
		return true;
	}
	interning_of_code(&string);
	return replace_pointers(image, fixed->slots, (PyObject *)(uintptr_t)address, string);
}

bool image_recognize(struct image *image, const struct pyb_image_group *group)
{
	const struct pyb_image_static *const statics = image->view.statics + group->statics.first;

	for (uint32_t i = 0; i < group->statics.count; i++)
		if (!recognize(image, &statics[i]))
			return false;
	return true;
}

/* --- frozensets */

/* What the first of `count` records with these elements was filled in with, or NULL. Borrowed. */
static PyObject *find_made(struct image *image, const struct pyb_image_frozenset *records,
			   uint32_t count, uint32_t elements)
{
	for (uint32_t i = 0; i < count; i++)
		if (records[i].elements == elements)
			return *(PyObject **)image_at(image, records[i].slot);
	return NULL;
}

/*
 * Make the frozenset of records[i], all before it being made. That can run the collector and with it
 * any code, which may want this module and make the same: the first one counts.
 */
static enum pyb_status make_frozenset(struct image *image,
				      const struct pyb_image_frozenset *records, uint32_t i,
				      struct pyb_error *error)
{
	const uint32_t elements = records[i].elements;
	PyObject **const pointer = image_at(image, records[i].slot);

	if (!pyb_image_holds(&image->view, records[i].slot, sizeof(*pointer)) ||
	    !image_has(image, elements, &PyTuple_Type))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "a frozenset has no elements");
	if (*pointer != NULL)
		return PYB_OK;
	PyObject *const made = find_made(image, records, i, elements);
	PyObject *const set =
		made != NULL ? Py_NewRef(made) : PyFrozenSet_New(image_at(image, elements));
	if (set == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (*pointer == NULL)
		*pointer = Py_NewRef(set);
	Py_DECREF(set);
	return PYB_OK;
}

enum pyb_status image_make_frozensets(struct image *image, uint32_t number, struct pyb_error *error)
{
	const struct pyb_image_range range = image->view.modules[number].frozensets;
	const struct pyb_image_frozenset *const records = image->view.frozensets + range.first;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; status == PYB_OK && i < range.count; i++)
		status = make_frozenset(image, records, i, error);
	return status;
}
