/* SPDX-License-Identifier: MIT */
/* The checksums of the bundle format, see format.md "Checksums". */
#ifndef PYB_DIGEST_H
#define PYB_DIGEST_H

/* xxhash is used from its header only, so that neither launcher nor importer needs a library. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* XXH3-64 with seed 0. */
static inline uint64_t pyb_digest64(const void *data, size_t size)
{
	return XXH3_64bits(data, size);
}

/* XXH3-128 with seed 0, in canonical (big-endian) order. */
static inline void pyb_digest128(const void *data, size_t size, uint8_t digest[16])
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
	memcpy(digest, canonical.digest, sizeof(canonical.digest));
}

#endif
