/* SPDX-License-Identifier: MIT */
/* Putting the objects of an image right for this process. All functions need the GIL. */
#ifndef IMPORTER_IMAGE_ADAPTATION_H
#define IMPORTER_IMAGE_ADAPTATION_H

#include "importer/image/image.h"

/* The address of a position that pyb_image_holds(). */
static inline void *image_at(const struct image *image, uint32_t position)
{
	return image->memory.start + (size_t)position * PYB_IMAGE_UNIT;
}

/* Whether there is an object of this very type at the position. */
bool image_has(const struct image *image, uint32_t position, const PyTypeObject *type);

/*
 * Intern the strings of a group that pyb_image_check_group() has checked and that is relocated;
 * where the interpreter has such a string, pointers to ours become pointers to that one. False: one
 * of them is no string.
 */
bool image_intern(struct image *image, const struct pyb_image_group *group);

/*
 * Look whether the interpreter has the static strings of such a group where the image
 * expects them. Where one is not, its copy is interned. False: a copy is no string.
 */
bool image_recognize(struct image *image, const struct pyb_image_group *group);

/*
 * Make the frozensets of a module, which pyb_image_check_frozensets() has checked. Errors:
 * PYB_ERR_DAMAGED; PYB_ERR_MEMORY, then an exception is set.
 */
enum pyb_status image_make_frozensets(struct image *image, uint32_t number,
				      struct pyb_error *error);

#endif
