/* SPDX-License-Identifier: MIT */
/* The checksums of the bundle format, which format.md names. Pure; thread-safe. */
#ifndef PYB_DIGEST_H
#define PYB_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 with seed 0. */
uint64_t pyb_digest64(const void *data, size_t size);

/* XXH3-128 with seed 0, in canonical (big-endian) order. */
void pyb_digest128(const void *data, size_t size, uint8_t digest[16]);

/*
 * The digest of a set of names, in whatever order they come: 0 for none, and for each what this makes
 * of the digest of the others.
 */
uint64_t pyb_digest_with_name(uint64_t others, const char *name, size_t size);

#endif
