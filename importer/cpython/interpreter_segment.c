/* SPDX-License-Identifier: MIT */
#include "importer/cpython/interpreter_segment.h"

#include <link.h>
#include <stddef.h>

#include "importer/cpython/compat.h"

static int visit_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	struct interpreter_segment *const found = argument;
	const uintptr_t address = (uintptr_t)&PyType_Type;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *const segment = &object->dlpi_phdr[i];
		const uintptr_t start = object->dlpi_addr + segment->p_vaddr;
		if (segment->p_type != PT_LOAD || address < start ||
		    address - start >= segment->p_memsz)
			continue;
		*found = (struct interpreter_segment){start, start + segment->p_memsz};
		return 1;
	}
	return 0;
}

struct interpreter_segment interpreter_segment_find(void)
{
	struct interpreter_segment found = {0};

	dl_iterate_phdr(visit_object, &found);
	return found;
}
