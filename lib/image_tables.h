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
	const struct pyb_image_known *knowns;
	const struct pyb_image_name *names;
};

/* Find the arrays in `size` bytes at `image`. Returns false if they would have another size. */
bool pyb_image_find_tables(const struct pyb_image *image, uint64_t size,
			   struct pyb_image_tables *ret);

static inline bool pyb_image_is_run_of(uint32_t count, struct pyb_image_run run)
{
	return run.first <= count && run.count <= count - run.first;
}

/* Whether a run lies within another one. */
static inline bool pyb_image_is_part_of(struct pyb_image_run whole, struct pyb_image_run part)
{
	return part.first >= whole.first &&
	       pyb_image_is_run_of(whole.count,
				   (struct pyb_image_run){part.first - whole.first, part.count});
}

/* What belongs into image->checksum. */
uint64_t pyb_image_checksum(const struct pyb_image_tables *tables);

/* What belongs into group->checksum; its runs lie in the arrays. */
uint64_t pyb_image_group_checksum(const struct pyb_image_group *group,
				  const struct pyb_image_known *knowns,
				  const struct pyb_image_name *names);

/* What belongs into group->cold_checksum; its runs lie in PLACES and COLD. */
uint64_t pyb_image_cold_checksum(const struct pyb_image_group *group, const uint32_t *places,
				 const uint8_t *cold);

/*
 * Put all checksums into `size` bytes at `image`, that of sections PLACES and COLD being given too.
 * Returns false if the tables have other sizes. A group with runs that lead elsewhere is left alone,
 * for a reader to complain about.
 */
bool pyb_image_stamp(struct pyb_image *image, uint64_t size, const struct pyb_bytes *places,
		     const struct pyb_bytes *cold);

#endif
