/* SPDX-License-Identifier: MIT */
#include "importer/cpython/interpreter_segment.h"

#include <link.h>
#include <stddef.h>

#include "importer/cpython/compat.h"

static int visit_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	struct image_core *const core = argument;
	const uintptr_t address = (uintptr_t)&PyType_Type;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *const segment = &object->dlpi_phdr[i];
		const uintptr_t start = object->dlpi_addr + segment->p_vaddr;
		if (segment->p_type != PT_LOAD || address < start ||
		    address - start >= segment->p_memsz)
			continue;
		*core = (struct image_core){start, start + segment->p_memsz};
		return 1;
	}
	return 0;
}

struct image_core image_core_find(void)
{
	struct image_core core = {0};

	dl_iterate_phdr(visit_object, &core);
	return core;
}
