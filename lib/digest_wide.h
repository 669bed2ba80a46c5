/* SPDX-License-Identifier: MIT */
/* For digest.c only. */
#ifndef PYB_DIGEST_WIDE_H
#define PYB_DIGEST_WIDE_H

#include <stddef.h>
#include <stdint.h>

/* glibc (2.33) knows what the processor can; to ask it again takes longer, in a virtual machine 50 us. */
#if defined(__x86_64__) && !defined(__AVX2__) && __has_include(<sys/platform/x86.h>)
#define DIGEST_HAS_WIDE 1
#else
#define DIGEST_HAS_WIDE 0
#endif

#if DIGEST_HAS_WIDE
/* XXH3-64 with seed 0. The processor must have AVX2. */
uint64_t digest64_wide(const void *data, size_t size);
#endif

#endif
