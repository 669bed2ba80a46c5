/* SPDX-License-Identifier: MIT */
/* The bundle that is in use: mapping it, and checking it against this interpreter. */
#ifndef IMPORTER_BUNDLE_MAPPING_H
#define IMPORTER_BUNDLE_MAPPING_H

#include "importer/image/image.h"
#include "importer/memory/contents.h"
#include "lib/reader.h"

struct bundle {
	struct pyb_reader reader;
	char *path; /* for messages; owned */
	struct contents contents;
	void *inflated[2]; /* anonymous memory with decompressed STARTUP and DEMAND, or NULL */
	size_t inflated_size[2];
	struct image image; /* payload image: ready-made objects; else empty */
	uint64_t map_ns;    /* time that mapping and checking took */
};

/* The bundle that modules are served from, if there is one: a process uses one. */
extern struct bundle used_bundle;

/*
 * Map the bundle that is open at `descriptor`, validate it, and compare it with the interpreter
 * that runs in this process as far as that is possible without Python (build id, version, SOABI,
 * layout of an image's objects). The descriptor stays the caller's. `path` is copied.
 * Errors: those of pyb_reader_init(), PYB_ERR_IO, PYB_ERR_MEMORY, PYB_ERR_MISMATCH; then *bundle
 * is empty.
 */
enum pyb_status bundle_map(struct bundle *bundle, int descriptor, const char *path,
			   struct pyb_error *error);

/* Bytes of an image that are worth huge pages; and read them into such. Before they are read. */
size_t bundle_huge_size(const struct bundle *bundle);
void bundle_want_huge(struct bundle *bundle);

/* Verify the checksums of all objects of an image, not only of those that every start reads. */
void bundle_want_checksums(struct bundle *bundle);

/*
 * Read what every start needs of an image. To be called once, before code is asked for and as long as
 * the descriptor of bundle_map() is open; does nothing with marshalled code. What is wrong with the
 * image is told by the first image_take().
 */
void bundle_load(struct bundle *bundle);

/*
 * Bytes of small objects that a program which imports the startup modules has at the least, as far
 * as the size of their code tells.
 */
size_t bundle_arena_size(const struct bundle *bundle);

/* Bytes that it has in the heap, likewise. */
size_t bundle_heap_size(const struct bundle *bundle);

/*
 * Open `path`, refuse what is no regular file or could be changed by others (owner is neither root
 * nor the effective user, or group or others may write), or is reached by a link of somebody else or in a
 * folder where everybody can put another one in its place, and map it.
 * On success *descriptor is that of the file, which bundle_load() needs, and the caller's to close.
 * Errors: those of bundle_map(), PYB_ERR_UNSAFE.
 */
enum pyb_status bundle_open(struct bundle *bundle, const char *path, int *descriptor,
			    struct pyb_error *error);

/* Unmap and free everything. An empty bundle is allowed. */
void bundle_release(struct bundle *bundle);

/*
 * Give the pages of all code back, those included that the kernel has mapped around them: with a
 * freshly written file it maps two megabytes for one byte. They are read again from the file if
 * need be.
 */
void bundle_drop_code(const struct bundle *bundle);

#endif
