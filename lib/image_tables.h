/* SPDX-License-Identifier: MIT */
/* The arrays of section IMAGE and their checksums, for reader and writer. Internal. */
#ifndef PYB_IMAGE_TABLES_H
#define PYB_IMAGE_TABLES_H

#include <stdbool.h>

#include "lib/reader.h"

struct pyb_image_tables {
	const struct pyb_image *image;
	const struct pyb_image_module *modules;
	const struct pyb_image_group *groups;
	const struct pyb_image_frozenset *frozensets;
	const struct pyb_image_static *statics;
	const struct pyb_image_interned *interned;
};

/* Find the arrays in `size` bytes at `image`. Returns false if they would have another size. */
bool pyb_image_find_tables(const struct pyb_image *image, uint64_t size,
			   struct pyb_image_tables *ret);

static inline bool pyb_image_is_range_of(uint32_t count, struct pyb_image_range range)
{
	return range.first <= count && range.count <= count - range.first;
}

/* Whether a range lies within another one. */
static inline bool pyb_image_is_part_of(struct pyb_image_range whole, struct pyb_image_range part)
{
	return part.first >= whole.first &&
	       pyb_image_is_range_of(
		       whole.count, (struct pyb_image_range){part.first - whole.first, part.count});
}

/* What belongs into image->checksum. */
uint64_t pyb_image_checksum(const struct pyb_image_tables *tables);

/* What belongs into group->checksum; its ranges lie in the arrays. */
uint64_t pyb_image_group_checksum(const struct pyb_image_group *group,
				  const struct pyb_image_static *statics,
				  const struct pyb_image_interned *interned);

/* What belongs into group->cold_checksum; its ranges lie in RELOCATIONS and COLD. */
uint64_t pyb_image_cold_checksum(const struct pyb_image_group *group, const uint32_t *relocations,
				 const uint8_t *cold);

/*
 * Put all checksums into `size` bytes at `image`, that of sections RELOCATIONS and COLD being given too.
 * Returns false if the tables have other sizes. A group with ranges that lead elsewhere is left alone,
 * for a reader to complain about.
 */
bool pyb_image_stamp(struct pyb_image *image, uint64_t size, const struct pyb_bytes *relocations,
		     const struct pyb_bytes *cold);

#endif
