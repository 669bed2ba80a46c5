/* SPDX-License-Identifier: MIT */
/* Copying objects into the regions of a group, and noting which of their slots are to be relocated. */
#include <string.h>

#include "importer/imager/lay_out.h"

/* --- memory of the image */

void *bytes_at(struct builder *builder, location at)
{
	return builder->group.regions[location_region(at)].data + location_offset(at);
}

/* Zeroed memory for an object of `size` bytes behind `head` bytes. */
static int reserve(struct builder *builder, enum region region, size_t head, size_t size,
		   location *placed)
{
	struct pyb_buffer *const buffer = &builder->group.regions[region];
	const size_t padded = (head + size + PYB_IMAGE_UNIT - 1) / PYB_IMAGE_UNIT * PYB_IMAGE_UNIT;

	if (pyb_buffer_reserve(buffer, padded, NULL) != PYB_OK) {
		PyErr_NoMemory();
		return -1;
	}
	memset(buffer->data + buffer->size, 0, padded);
	*placed = location_make(region, buffer->size + head);
	buffer->size += padded;
	return 0;
}

/* Point to an object of the interpreter. */
int point_outside(struct builder *builder, location at, const void *object)
{
	const uint64_t address = (uintptr_t)object - builder->interpreter.shift;

	memcpy(bytes_at(builder, at), &address, sizeof(address));
	return append(&builder->group.external, &at, sizeof(at));
}

/* Point to an object of the image. */
int point_inside(struct builder *builder, location at, location to, bool is_text)
{
	const struct pointer pointer = {.at = at, .to = to};

	if (is_text && append(&builder->group.string_slots, &pointer, sizeof(pointer)) != 0)
		return -1;
	return append(&builder->group.internal, &pointer, sizeof(pointer));
}

/* Put a copy of the object into the image, with the type that it has, and many references. */
int copy(struct builder *builder, PyObject *object, enum region region, size_t head, size_t size,
	 location *placed)
{
	if (reserve(builder, region, head, size, placed) != 0)
		return -1;
	PyObject *const twin = bytes_at(builder, *placed);
	memcpy(twin, object, size);
	compat_set_many_references(twin);
	return point_outside(builder, *placed + offsetof(PyObject, ob_type), Py_TYPE(object));
}
