/* SPDX-License-Identifier: MIT */
/*
 * The ELF objects that the process has loaded: the program, and its shared objects. What is returned
 * stays true as long as the object is loaded. Needs no interpreter.
 */
#ifndef IMPORTER_CPYTHON_SHARED_OBJECT_H
#define IMPORTER_CPYTHON_SHARED_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_object {
	const char *path;     /* as the dynamic loader opened it; empty for the program */
	uintptr_t base;       /* what is added to the addresses that the file has */
	uintptr_t start, end; /* from its first loadable segment to the end of its last one */
	const ElfW(Phdr) * segments;
	size_t segment_count;
};

/* Call `visit` with each of them until it returns true. Returns whether it did. */
bool shared_object_each(bool (*visit)(const struct shared_object *object, void *data), void *data);

/* Find the one that lies at this address. Returns false, and leaves *found alone, if none does. */
bool shared_object_at(uintptr_t address, struct shared_object *found);

static inline bool shared_object_holds(const struct shared_object *object, uintptr_t address)
{
	return address >= object->start && address < object->end;
}

/* Where a segment is in memory. */
static inline uintptr_t shared_object_segment(const struct shared_object *object, size_t number)
{
	return object->base + object->segments[number].p_vaddr;
}

#endif
