/* SPDX-License-Identifier: MIT */
/* What two starts have otherwise in their memory, and why that does not matter: the one list of it. */
#include <stdio.h>
#include <string.h>

#include "bundler/snapshot/compare_builds.h"

struct word {
	const struct built *first, *second;
	uint64_t address;
	uint64_t one, other; /* what either of both has there */
};

/* --- the kernel's */

/* rseq(2): the number of the processor, in the first words of the thread's area. */
static bool is_processor(const struct word *word)
{
	const struct snapshot_thread *const thread = &word->first->snapshot->thread;

	return thread->rseq != 0 && word->address - thread->rseq < thread->rseq_size;
}

/* --- the dynamic linker's */

static bool is_of_linker(const struct word *word)
{
	uint64_t offset;
	const char *const file = built_file(word->first, word->address, &offset);
	const char *const slash = file == NULL ? NULL : strrchr(file, '/');

	return slash != NULL && strncmp(slash + 1, "ld-", 3) == 0;
}

/* Of processor cycles: more than a few, and of fewer years than a machine runs. */
static bool is_count(uint64_t value)
{
	return value >> 10 != 0 && value >> 56 == 0;
}

static bool is_cycles(const struct word *word)
{
	return is_of_linker(word) && is_count(word->one) && is_count(word->other);
}

#if defined(__x86_64__)
/* Leaf 1, register ebx: the upper byte is the number of the core that was asked. */
static bool is_core(const struct word *word)
{
	return is_of_linker(word) && ((word->one ^ word->other) & ~UINT64_C(0xff000000)) == 0;
}
#endif

/* --- the importer's name */

enum { NAME_SIZE = 40 };

/* Where "/proc/NUMBER/fd" begins that the address is in; NULL: nowhere near. */
static const char *find_name(const struct built *built, uint64_t address, char name[NAME_SIZE])
{
	const int length = snprintf(name, NAME_SIZE, "/proc/%d/fd", (int)built->process);

	for (uint64_t back = 0; back < (uint64_t)length; back++) {
		size_t size;
		const uint8_t *const bytes = built_bytes(built, address - back, &size);
		if (bytes != NULL && size >= (size_t)length &&
		    memcmp(bytes, name, (size_t)length) == 0)
			return (const char *)bytes;
	}
	return NULL;
}

/* All bytes of the word that differ are digits of the number. */
static bool is_name(const struct word *word)
{
	char one[NAME_SIZE], other[NAME_SIZE];

	for (uint64_t i = 0; i < sizeof(word->one); i++)
		if (((word->one ^ word->other) >> (8 * i) & 0xff) != 0 &&
		    (find_name(word->first, word->address + i, one) == NULL ||
		     find_name(word->second, word->address + i, other) == NULL ||
		     strlen(one) != strlen(other)))
			return false;
	return true;
}

/* --- */

static const struct {
	bool (*is_it)(const struct word *word);
	const char *reason;
} known[] = {
	{is_processor, "the kernel writes there which processor the thread runs on"},
	{is_cycles, "the dynamic linker counts cycles, and tells them with LD_DEBUG=statistics"},
#if defined(__x86_64__)
	{is_core, "the dynamic linker has asked one of the cores what it can do"},
#endif
	{is_name,
	 "the path by which the dynamic linker was told of the importer is not used again"},
};

const char *compare_known_reason(const struct built *first, const struct built *second,
				 uint64_t address)
{
	struct word word = {.first = first, .second = second, .address = address};
	size_t size;
	const uint8_t *const one = built_bytes(first, address, &size);
	const uint8_t *const other = built_bytes(second, address, &size);

	if (one == NULL || other == NULL)
		return NULL;
	memcpy(&word.one, one, sizeof(word.one));
	memcpy(&word.other, other, sizeof(word.other));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].is_it(&word))
			return known[i].reason;
	return NULL;
}
