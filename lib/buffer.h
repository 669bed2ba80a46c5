/* SPDX-License-Identifier: MIT */
/* A growing array of bytes. Start with `struct pyb_buffer buffer = {0}`. Not thread-safe. */
#ifndef PYB_BUFFER_H
#define PYB_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct pyb_buffer {
	uint8_t *data; /* owned; NULL while empty */
	size_t size;
	size_t capacity;
};

/* Free the bytes and make the buffer empty. */
void pyb_buffer_release(struct pyb_buffer *buffer);

/* Make room for `more` bytes behind the end. Errors: PYB_ERR_MEMORY, also on overflow. */
enum pyb_status pyb_buffer_reserve(struct pyb_buffer *buffer, size_t more, struct pyb_error *error);

/* Append `size` bytes. `data` may be NULL if size is 0. Errors: PYB_ERR_MEMORY. */
enum pyb_status pyb_buffer_append(struct pyb_buffer *buffer, const void *data, size_t size,
				  struct pyb_error *error);

/* Append zero bytes until the size is a multiple of `alignment`, a power of two. */
enum pyb_status pyb_buffer_align(struct pyb_buffer *buffer, size_t alignment,
				 struct pyb_error *error);

#endif
