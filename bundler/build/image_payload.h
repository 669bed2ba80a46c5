/* SPDX-License-Identifier: MIT */
/* Having the target interpreter lay out code as an image. */
#ifndef BUNDLER_BUILD_IMAGE_PAYLOAD_H
#define BUNDLER_BUILD_IMAGE_PAYLOAD_H

#include <stdbool.h>

#include "lib/buffer.h"
#include "lib/writer.h"

/* Code of one module, or none. Nothing is owned. */
struct image_module {
	const void *code; /* marshal stream, or NULL */
	size_t code_size;
	bool startup;
};

/* What the interpreter answered: the parts of a struct pyb_writer_image. */
struct image {
	struct pyb_writer_image parts; /* points to the following */
	struct pyb_buffer memory[5];
	bool is_not_for_version; /* in place of an image: none is made for this version of Python */
};

/*
 * Find the builder for the interpreter with this fingerprint, as own_object_find() does. *path, which the caller
 * frees, is NULL if none is installed.
 */
enum pyb_status image_find_builder(const struct pyb_fingerprint *fingerprint, char **path,
				   struct pyb_error *error);

/* What is to be done, and by whom. Nothing is owned. */
struct image_plan {
	const char *python, *builder; /* paths */
	uint32_t hexversion;          /* the interpreter's sys.hexversion */
	const struct image_module *modules;
	uint32_t count;
	int seconds; /* how long the interpreter may be silent; 0: for ever */
};

/*
 * Lay out the modules, in the order of their records and then of FROZEN, with the builder inside the
 * interpreter.
 * *image is the caller's to release, whatever is returned.
 * Errors: PYB_ERR_UNSUPPORTED if that version of Python, or something in the code, is not known to
 * the builder; PYB_ERR_IO, PYB_ERR_DAMAGED, PYB_ERR_MEMORY.
 */
enum pyb_status image_make(const struct image_plan *plan, struct image *image,
			   struct pyb_error *error);

void image_release(struct image *image);

#endif
