/* SPDX-License-Identifier: MIT */
#include "importer/cpython/interpreter_segment.h"

#include <unistd.h>

#include "importer/cpython/compat.h"
#include "importer/cpython/shared_object.h"

/* The object that has the interpreter's types, and in `segment` the number of the segment that they are in. */
static bool find(struct shared_object *object, size_t *segment)
{
	const uintptr_t address = (uintptr_t)&PyType_Type;

	if (!shared_object_at(address, object))
		return false;
	for (size_t i = 0; i < object->segment_count; i++) {
		const uintptr_t start = shared_object_segment(object, i);
		if (object->segments[i].p_type == PT_LOAD && address >= start &&
		    address - start < object->segments[i].p_memsz) {
			*segment = i;
			return true;
		}
	}
	return false;
}

struct interpreter_segment interpreter_segment_find(void)
{
	struct shared_object object = {0};
	size_t number;

	if (!find(&object, &number))
		return (struct interpreter_segment){0};
	const uintptr_t start = shared_object_segment(&object, number);
	return (struct interpreter_segment){start, start + object.segments[number].p_memsz};
}

/* Where memory ends that the dynamic linker has made read-only; 0 if there is none. */
static uintptr_t end_of_read_only(const struct shared_object *object)
{
	for (size_t i = 0; i < object->segment_count; i++)
		if (object->segments[i].p_type == PT_GNU_RELRO)
			return shared_object_segment(object, i) + object->segments[i].p_memsz;
	return 0;
}

struct interpreter_segment interpreter_segment_find_data(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct shared_object object = {0};
	size_t number;

	if (!find(&object, &number))
		return (struct interpreter_segment){0};
	const uintptr_t start = shared_object_segment(&object, number);
	const uintptr_t end = start + object.segments[number].p_filesz;
	const uintptr_t writable = end_of_read_only(&object);
	const uintptr_t first = (start > writable ? start : writable) & -page;
	const uintptr_t last = (end + page - 1) & -page;
	return first < last ? (struct interpreter_segment){first, last}
			    : (struct interpreter_segment){0};
}
