/* SPDX-License-Identifier: MIT */
/* Adapting the pointers of an image to where it, and the interpreter, lie in this process. */
#ifndef IMPORTER_IMAGE_RELOCATION_H
#define IMPORTER_IMAGE_RELOCATION_H

#include "importer/image/image.h"

/*
 * Relocate the pointers of a group that pyb_image_check_group() has checked, once. False: one of its
 * slots is not in the image. Needs the GIL.
 */
bool image_relocate_group(struct image *image, const struct pyb_image_group *group);

#endif
