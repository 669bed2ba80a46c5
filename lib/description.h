/* SPDX-License-Identifier: MIT */
/*
 * What a writer has been told: writer.c collects it, layout.c makes tables of it, assemble.c a file.
 * Internal.
 */
#ifndef PYB_DESCRIPTION_H
#define PYB_DESCRIPTION_H

#include <stdbool.h>

#include "lib/buffer.h"
#include "lib/reader.h"
#include "lib/writer.h"

struct pyb_described_directory {
	struct pyb_writer_directory given; /* its path is the writer's own copy */
	uint32_t number;                   /* the writer's own */
	uint32_t record;                   /* its number on disk, set by the layout */
};

struct pyb_described_module {
	struct pyb_writer_module given; /* its pointers are the writer's own copies */
	uint32_t number;
	uint32_t record;
};

/* The arrays hold pointers, so that an element keeps its address while they grow. */
struct pyb_writer {
	struct pyb_writer_options options; /* its pointers are copies */
	struct pyb_described_directory **directories;
	struct pyb_described_module **modules;
	struct pyb_shadow *shadows; /* in the writer's own numbers */
	uint32_t directory_count, module_count, shadow_count;
	struct pyb_writer_image image; /* borrowed; its pointer `image` is NULL if there is none */
	struct pyb_buffer sections[PYB_SECTION_TYPE_COUNT]; /* those that pyb_section_is_given() */
	struct pyb_bytes lent[PYB_SECTION_TYPE_COUNT];      /* borrowed, in the place of these */
	bool is_private;
	void *directory_tree; /* tsearch(3) trees by path and by name */
	void *module_tree;
};

/* Whether the contents of these sections are given as they are. */
static inline bool pyb_section_is_given(enum pyb_section_type type)
{
	return type == PYB_SECTION_REGEXES || type == PYB_SECTION_GENERATED ||
	       type == PYB_SECTION_SITE || type == PYB_SECTION_REBUILD ||
	       type == PYB_SECTION_ARCHIVE || type == PYB_SECTION_HARMLESS ||
	       type == PYB_SECTION_METADATA || type == PYB_SECTION_FROZEN ||
	       type == PYB_SECTION_SNAPSHOT || type == PYB_SECTION_PAGES ||
	       type == PYB_SECTION_NO_SNAPSHOT;
}

/* What was given or lent of such a section; size 0 if nothing was. */
static inline struct pyb_bytes pyb_described_section(const struct pyb_writer *writer,
						     enum pyb_section_type type)
{
	const struct pyb_buffer *const own = &writer->sections[type];

	return writer->lent[type].size > 0 ? writer->lent[type]
					   : (struct pyb_bytes){own->data, own->size};
}

/*
 * Lay out the whole file in *file, which is empty before; the caller releases it whatever is
 * returned. Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID.
 */
enum pyb_status pyb_layout(struct pyb_writer *writer, struct pyb_buffer *file,
			   struct pyb_error *error);

/*
 * The second half of that: put the header, the sections whose contents are laid out, given by their
 * types, and those that the writer was given together. Ownership and errors are the same.
 */
enum pyb_status pyb_assemble(const struct pyb_writer *writer, const struct pyb_buffer *contents,
			     struct pyb_buffer *file, struct pyb_error *error);

/* The order of `module_tree`, by name, for tsearch(3). */
int pyb_described_module_compare(const void *a, const void *b);

/* The module with this name, or NULL. */
struct pyb_described_module *pyb_described_module(const struct pyb_writer *writer,
						  const char *name);

#endif
