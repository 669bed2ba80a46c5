/* SPDX-License-Identifier: MIT */
/*
 * Reading the image of a bundle: finding its tables, and checking them before they are used.
 * Nothing is allocated, and nothing but the records at hand is looked at, so that a large bundle
 * costs a program no more than what it uses of it.
 */
#ifndef PYB_IMAGE_H
#define PYB_IMAGE_H

#include <stdbool.h>

#include "lib/reader.h"

enum { PYB_IMAGE_OBJECT_SIZE = 16 }; /* at the least: a reference count and a type */

/* An image in the file. All pointers are into the bundle. */
struct pyb_image_view {
	const struct pyb_reader *reader;
	const struct pyb_image *image; /* has the numbers of elements of these arrays */
	const struct pyb_image_module *modules;
	const struct pyb_image_group *groups;
	const struct pyb_image_frozenset *frozensets;
	const struct pyb_image_static *statics;
	const struct pyb_image_interned *interned;
	const uint32_t *relocations; /* RELOCATIONS; NULL if it is empty */
	uint32_t relocation_count;
	struct pyb_bytes hot, cold; /* the contents of HOT and COLD; NULL if they are empty */
	const char *frozen;         /* names of the modules behind those of the records */
	uint32_t frozen_count;
};

/*
 * Find the tables. Checked are: that there is an image, its sizes and addresses, and the records of
 * modules and groups, with ranges that lie within the arrays; and the names of frozen modules.
 * O(modules + groups). The checksum of all these records, and that of the names, is verified. Those
 * of RELOCATIONS, HOT and COLD are not: pyb_reader_check_section() does that, and
 * pyb_image_check_cold() group by group.
 * Errors: PYB_ERR_INVALID if the payload is none, PYB_ERR_DAMAGED; *view is then undefined.
 */
enum pyb_status pyb_image_open(const struct pyb_reader *reader, struct pyb_image_view *view,
			       struct pyb_error *error);

/*
 * Check the interned and static strings of a group: their checksum is right, the strings lie in the
 * image, their slots are among the group's relocations. To be called before they are used. Errors:
 * PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_image_check_group(const struct pyb_image_view *view, uint32_t number,
				      struct pyb_error *error);

/*
 * Check that a group's part of COLD, and its relocations, have the right checksum. All of them are
 * read. `cold` is where COLD begins, in the file or in a copy. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_image_check_cold(const struct pyb_image_view *view, uint32_t number,
				     const uint8_t *cold, struct pyb_error *error);

/* Check that slots and elements of a module's frozensets lie in the image. Errors: the same. */
enum pyb_status pyb_image_check_frozensets(const struct pyb_image_view *view, uint32_t number,
					   struct pyb_error *error);

/*
 * Whether each slot of a range has a pointer's size in HOT or COLD. To be called before the range
 * is used. The range lies in RELOCATIONS, as the functions above check.
 */
bool pyb_image_slots_are_sound(const struct pyb_image_view *view, struct pyb_image_range range);

/* Whether `size` bytes from this position on lie in HOT, or in COLD. */
static inline bool pyb_image_holds(const struct pyb_image_view *view, uint32_t position,
				   uint64_t size)
{
	const uint64_t offset = (uint64_t)position * PYB_IMAGE_UNIT;
	const uint64_t span = view->image->hot_span;

	if (offset < span)
		return offset < view->hot.size && size <= view->hot.size - offset;
	return offset - span < view->cold.size && size <= view->cold.size - (offset - span);
}

/* The bytes at a position that pyb_image_holds(), as they lie in the file. */
static inline const uint8_t *pyb_image_bytes(const struct pyb_image_view *view, uint32_t position)
{
	const uint64_t offset = (uint64_t)position * PYB_IMAGE_UNIT;
	const uint64_t span = view->image->hot_span;

	return offset < span ? view->hot.data + offset : view->cold.data + (offset - span);
}

/*
 * Check everything in the image but checksums: all of the above, the pointers in all slots, and
 * what one record says against another. For `pybundle verify`. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_image_verify(const struct pyb_image_view *view, struct pyb_error *error);

#endif
