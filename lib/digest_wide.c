/* SPDX-License-Identifier: MIT */
/* The same checksum with wider registers, for processors that have them (x86-64 with AVX2). */
#include "lib/digest_wide.h"

#if DIGEST_HAS_WIDE

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#include <immintrin.h>

#define XXH_VECTOR XXH_AVX2
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t digest64_wide(const void *data, size_t size)
{
	return XXH3_64bits(data, size);
}

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
