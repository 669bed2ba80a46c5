/* SPDX-License-Identifier: MIT */
#include "lib/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096 };

void pyb_buffer_release(struct pyb_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct pyb_buffer){0};
}

static size_t grown_capacity(size_t capacity, size_t needed)
{
	size_t grown;
	if (__builtin_mul_overflow(capacity, (size_t)2, &grown) || grown < needed)
		grown = needed;
	return grown < FIRST_CAPACITY ? FIRST_CAPACITY : grown;
}

enum pyb_status pyb_buffer_reserve(struct pyb_buffer *buffer, size_t more, struct pyb_error *error)
{
	size_t needed;
	if (__builtin_add_overflow(buffer->size, more, &needed))
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (needed <= buffer->capacity)
		return PYB_OK;
	const size_t capacity = grown_capacity(buffer->capacity, needed);
	uint8_t *const data = realloc(buffer->data, capacity);
	if (data == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	buffer->data = data;
	buffer->capacity = capacity;
	return PYB_OK;
}

enum pyb_status pyb_buffer_append(struct pyb_buffer *buffer, const void *data, size_t size,
				  struct pyb_error *error)
{
	const enum pyb_status status = pyb_buffer_reserve(buffer, size, error);
	if (status == PYB_OK && size > 0) {
		memcpy(buffer->data + buffer->size, data, size);
		buffer->size += size;
	}
	return status;
}

enum pyb_status pyb_buffer_align(struct pyb_buffer *buffer, size_t alignment,
				 struct pyb_error *error)
{
	const size_t padding = -buffer->size & (alignment - 1);
	const enum pyb_status status = pyb_buffer_reserve(buffer, padding, error);
	if (status == PYB_OK && padding > 0) {
		memset(buffer->data + buffer->size, 0, padding);
		buffer->size += padding;
	}
	return status;
}
