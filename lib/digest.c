/* SPDX-License-Identifier: MIT */
#include "lib/digest.h"

/* xxhash is used from its header only, so that neither launcher nor importer needs a library. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "lib/digest_wide.h"

#if DIGEST_HAS_WIDE
#include <sys/platform/x86.h>
#endif

/* With less it makes no difference. */
enum { WIDE_FROM = 64 * 1024 };

uint64_t pyb_digest64(const void *data, size_t size)
{
#if DIGEST_HAS_WIDE
	if (size >= WIDE_FROM && CPU_FEATURE_ACTIVE(AVX2))
		return digest64_wide(data, size);
#endif
	return XXH3_64bits(data, size);
}

void pyb_digest128(const void *data, size_t size, uint8_t digest[16])
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
	memcpy(digest, canonical.digest, sizeof(canonical.digest));
}

uint64_t pyb_digest_with_name(uint64_t others, const char *name, size_t size)
{
	return others + pyb_digest64(name, size);
}
