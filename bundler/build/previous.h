/* SPDX-License-Identifier: MIT */
/*
 * The bundle that a build is about to replace. Code of sources that have not changed is taken from it,
 * and not compiled again.
 */
#ifndef BUNDLER_BUILD_PREVIOUS_H
#define BUNDLER_BUILD_PREVIOUS_H

#include <stdbool.h>

#include "bundler/inspect/opened.h"
#include "lib/buffer.h"
#include "lib/error.h"

struct previous {
	struct opened opened;
	bool is_usable;
	uint8_t *streams;            /* owned: those of an image, one behind the other, or NULL */
	struct pyb_bytes *of_module; /* owned: the stream of each record; data NULL: none */
	struct pyb_buffer known;     /* for struct resolve_request */
};

/*
 * Read the bundle at `path`, if there is one that could have been made as this one is to be made, by
 * this program at this level of optimization, and that nobody else could have written. Whatever keeps
 * it from being used is no error. *previous is the caller's to release, whatever is returned.
 * Errors: PYB_ERR_MEMORY.
 */
enum pyb_status previous_open(struct previous *previous, const char *path, unsigned int optimize,
			      struct pyb_error *error);

/* Whether it was made by the same build of the same interpreter. */
bool previous_fits(const struct previous *previous, const struct pyb_fingerprint *fingerprint);

/* The canonical stream of a module, or data NULL. */
struct pyb_bytes previous_code(const struct previous *previous, const char *name);

void previous_release(struct previous *previous);

/*
 * What the next build needs of an image's bundle: append the contents of section REBUILD to `out`.
 * `streams` has one for each record. Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID if it is too large.
 */
enum pyb_status previous_make(const struct pyb_bytes *streams, uint32_t count,
			      struct pyb_buffer *out, struct pyb_error *error);

#endif
