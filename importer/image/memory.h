/* SPDX-License-Identifier: MIT */
/*
 * The memory of an image: HOT, copied into memory of the process, and behind it COLD. What the
 * startup modules have of COLD is mapped from the file, and copied by the kernel page by page where it
 * is written to; what other groups have there is copied when they are wanted.
 */
#ifndef IMPORTER_IMAGE_MEMORY_H
#define IMPORTER_IMAGE_MEMORY_H

#include "lib/image.h"

struct image_memory {
	char *start;      /* where the image's base is; NULL: nothing is mapped */
	size_t size;      /* bytes from there to the end of COLD's last page */
	size_t huge;      /* bytes, of these, for which huge pages were asked for */
	size_t huge_cold; /* the same, for the start of COLD, which is then not mapped */
	bool maps_cold;   /* else all of COLD is read with HOT */
};

/*
 * Reserve memory for the image, at its preferred address if that is free, and map what group 0 has of
 * COLD there, from the bundle that is open at `descriptor`, unless the bundle says that nothing is to
 * be mapped. The rest is zero. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status image_memory_map(struct image_memory *memory, const struct pyb_image_view *view,
				 int descriptor, struct pyb_error *error);

/* The bytes at the start of HOT that are worth huge pages: a multiple of one. */
size_t image_memory_huge_size(const struct pyb_image_view *view);

/*
 * The same of what group 0 has of COLD, if pointers all over it are to be relocated: then nearly every page of
 * it is copied anyway, and a fault for each takes four times as long as reading all of it at once.
 */
size_t image_memory_huge_cold_size(const struct pyb_image_view *view);

/*
 * Read HOT from the file, the first `huge` bytes into huge pages, and verify its checksum; and read as
 * many bytes of COLD as `huge_cold` says into such. Errors: PYB_ERR_IO, PYB_ERR_DAMAGED, PYB_ERR_MEMORY.
 */
enum pyb_status image_memory_fill(struct image_memory *memory, const struct pyb_image_view *view,
				  int descriptor, size_t huge, size_t huge_cold,
				  struct pyb_error *error);

/*
 * Have what a group has of COLD there, before anything of it is used: it is copied, unless it is
 * mapped, or was read with HOT. Returns the start of a COLD with the same contents, to be looked at as
 * a whole: looking at the file does not make the kernel map pages of the image.
 */
const uint8_t *image_memory_take_cold(const struct image_memory *memory,
				      const struct pyb_image_view *view, uint32_t group);

/* Unmap it. Empty memory is allowed. */
void image_memory_release(struct image_memory *memory);

#endif
