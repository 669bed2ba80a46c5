/* SPDX-License-Identifier: MIT */
/* For digest.c only. */
#ifndef PYB_DIGEST_WIDE_H
#define PYB_DIGEST_WIDE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && !defined(__AVX2__)
#define DIGEST_HAS_WIDE 1
#else
#define DIGEST_HAS_WIDE 0
#endif

#if DIGEST_HAS_WIDE
/* XXH3-64 with seed 0. The processor must have AVX2. */
uint64_t digest64_wide(const void *data, size_t size);
#endif

#endif
