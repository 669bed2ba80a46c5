/* SPDX-License-Identifier: MIT */
#include "importer/cpython/interpreter_segment.h"

#include "importer/cpython/compat.h"
#include "importer/cpython/shared_object.h"

struct interpreter_segment interpreter_segment_find(void)
{
	const uintptr_t address = (uintptr_t)&PyType_Type;
	struct shared_object object = {0};

	if (!shared_object_at(address, &object))
		return (struct interpreter_segment){0};
	for (size_t i = 0; i < object.segment_count; i++) {
		const uintptr_t start = shared_object_segment(&object, i);
		const size_t size = object.segments[i].p_memsz;
		if (object.segments[i].p_type == PT_LOAD && address >= start &&
		    address - start < size)
			return (struct interpreter_segment){start, start + size};
	}
	return (struct interpreter_segment){0};
}
