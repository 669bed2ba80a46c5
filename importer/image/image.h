/* SPDX-License-Identifier: MIT */
/*
 * Code objects that a bundle has ready-made, see lib/format.h: its memory is put where its pointers
 * expect it, what differs in this process (addresses, interned strings, frozensets) is put right
 * group by group, and the objects are used where they lie. They are never freed.
 */
#ifndef IMPORTER_IMAGE_IMAGE_H
#define IMPORTER_IMAGE_IMAGE_H

#include "importer/cpython/compat.h"
#include "importer/cpython/interpreter_segment.h"
#include "importer/image/memory.h"
#include "lib/image.h"

/* What was done, counted. */
struct image_counts {
	uint64_t load_ns;         /* time of reading HOT */
	uint64_t group_ns;        /* time of putting groups right */
	uint64_t groups;          /* groups that were put right */
	uint64_t interned;        /* strings that were interned */
	uint64_t statics;         /* strings that were found where they had been before */
	uint64_t replaced;        /* of these, strings of which the interpreter had one */
	uint64_t slots;           /* whose pointers were led to these */
	uint64_t relocated;       /* pointers that were adapted to other addresses */
	uint64_t relocation_ns;   /* time of that, within that of groups */
	uint64_t relocated_pages; /* small pages that these pointers lie on */
};

/* How what every start needs is to be read; to be settled before image_load(). */
struct image_reading {
	int descriptor;
	size_t huge;      /* bytes that get huge pages: 0, or image_memory_huge_size() */
	size_t huge_cold; /* the same of COLD; 0 if no pointers are relocated */
	bool checks_cold; /* verify the checksums of COLD and of relocations, too */
};

struct image {
	struct pyb_image_view view;
	struct image_memory memory;
	struct interpreter_segment interpreter;
	struct image_reading reading;
	uint64_t moved;             /* difference of our addresses to the preferred ones */
	uint64_t interpreter_moved; /* the same of the interpreter's */
	uint8_t *groups;            /* enum group_state of each group; owned */
	uint8_t *taken;             /* of each module, whether its code was taken; owned */
	bool is_loaded;
	bool has_versions;      /* image_versions_reserve() was successful */
	struct pyb_error fault; /* why it is not loaded */
	struct image_counts counts;
};

/* Whether there is one: the payload of the bundle is an image, and image_map() succeeded. */
static inline bool image_is_there(const struct image *image)
{
	return image->memory.start != NULL;
}

/*
 * Look whether the image fits this interpreter, and reserve and map its memory. `descriptor` is that
 * of the bundle and stays the caller's. Touches nothing of it. Needs no initialized interpreter.
 * Errors: PYB_ERR_DAMAGED, PYB_ERR_MISMATCH, PYB_ERR_MEMORY; *image is then empty.
 */
enum pyb_status image_map(struct image *image, const struct pyb_reader *reader, int descriptor,
			  struct pyb_error *error);

/* The bytes of COLD that are worth huge pages: 0 if its pointers are right as they are in the file. */
size_t image_huge_cold_size(const struct image *image);

/* Read what every start needs. If it fails, image_take() will tell why. */
void image_load(struct image *image);

/*
 * The code object of a module record: *code is a new reference. Only once, since a program that
 * loads a module twice gets different code objects. In the main interpreter, under the GIL.
 * Errors: PYB_ERR_DAMAGED, PYB_ERR_IO; PYB_ERR_INVALID if it was taken before; PYB_ERR_MISMATCH if
 * the interpreter has made too much code of its own before; PYB_ERR_MEMORY, then an exception is set.
 */
enum pyb_status image_take(struct image *image, uint32_t number, PyObject **code,
			   struct pyb_error *error);

/* Unmap and free everything; only as long as no code was taken. An empty image is allowed. */
void image_release(struct image *image);

#endif
