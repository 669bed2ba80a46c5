/* SPDX-License-Identifier: MIT */
/*
 * The functions of string.h that the compiler and lib/ need. Only the program has them; what is
 * built for unit tests uses those of the C library.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
void *memchr(const void *bytes, int byte, size_t size);
size_t strlen(const char *text);
void *malloc(size_t size);
void free(void *memory);

/* Used even if only the compiler calls it, which link-time optimization does not foresee. */
#define KEPT __attribute__((used))

/* Keeps the compiler from recognizing a loop as the function that it is the body of. */
#define NOT_AN_IDIOM() __asm__ volatile("" ::: "memory")

KEPT void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *const target = to;
	const uint8_t *const source = from;

	for (size_t i = 0; i < size; i++) {
		target[i] = source[i];
		NOT_AN_IDIOM();
	}
	return to;
}

KEPT void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *const target = to;
	const uint8_t *const source = from;

	if ((uintptr_t)to <= (uintptr_t)from)
		return memcpy(to, from, size);
	for (size_t i = size; i > 0; i--) {
		target[i - 1] = source[i - 1];
		NOT_AN_IDIOM();
	}
	return to;
}

KEPT void *memset(void *to, int byte, size_t size)
{
	uint8_t *const target = to;

	for (size_t i = 0; i < size; i++) {
		target[i] = (uint8_t)byte;
		NOT_AN_IDIOM();
	}
	return to;
}

KEPT int memcmp(const void *one, const void *other, size_t size)
{
	const uint8_t *const a = one;
	const uint8_t *const b = other;

	for (size_t i = 0; i < size; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
		NOT_AN_IDIOM();
	}
	return 0;
}

KEPT void *memchr(const void *bytes, int byte, size_t size)
{
	const uint8_t *const b = bytes;

	for (size_t i = 0; i < size; i++) {
		if (b[i] == (uint8_t)byte)
			return (void *)(uintptr_t)&b[i];
		NOT_AN_IDIOM();
	}
	return NULL;
}

KEPT size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0') {
		NOT_AN_IDIOM();
		length++;
	}
	return length;
}

/* Without optimization, functions of xxhash.h that nobody calls are there, and want these. */
KEPT void *malloc(size_t size)
{
	(void)size;
	return NULL;
}

KEPT void free(void *memory)
{
	(void)memory;
}
