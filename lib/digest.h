/* SPDX-License-Identifier: MIT */
/* The checksums of the bundle format, which format.md names. Pure; thread-safe. */
#ifndef PYB_DIGEST_H
#define PYB_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 with seed 0. */
uint64_t pyb_digest64(const void *data, size_t size);

/* The same of bytes that come in pieces. */
struct pyb_digest {
	_Alignas(64) unsigned char state[576]; /* XXH3_state_t */
};
void pyb_digest_begin(struct pyb_digest *digest);
void pyb_digest_add(struct pyb_digest *digest, const void *data, size_t size);
uint64_t pyb_digest_end(const struct pyb_digest *digest);

/* XXH3-128 with seed 0, in canonical (big-endian) order. */
void pyb_digest128(const void *data, size_t size, uint8_t digest[16]);

#endif
