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

#endif
