/* SPDX-License-Identifier: MIT */
/* Compression of sections with zstd (RFC 8878). The only part of lib/ that needs libzstd. */
#ifndef PYB_CODEC_H
#define PYB_CODEC_H

#include <stddef.h>

#include "lib/error.h"

enum { PYB_COMPRESSION_LEVEL_MAX = 19 };

/*
 * Compress `size` bytes into one zstd frame with checksum and content size. *out is malloc'ed and
 * the caller's to free; NULL on failure. Level 1 to PYB_COMPRESSION_LEVEL_MAX.
 * The same input gives the same bytes with the same libzstd. Errors: PYB_ERR_MEMORY,
 * PYB_ERR_INVALID for another level. Thread-safe.
 */
enum pyb_status pyb_compress(const void *data, size_t size, int level, void **out, size_t *out_size,
			     struct pyb_error *error);

/*
 * Decompress one frame into exactly `size` bytes at `out`.
 * Errors: PYB_ERR_DAMAGED if the frame is malformed or holds another number of bytes;
 * PYB_ERR_MEMORY. Thread-safe.
 */
enum pyb_status pyb_decompress(const void *data, size_t data_size, void *out, size_t size,
			       struct pyb_error *error);

#endif
