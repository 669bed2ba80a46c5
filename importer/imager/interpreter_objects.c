/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "importer/imager/builder.h"

static int visit_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	struct core *const core = argument;
	const uintptr_t address = (uintptr_t)&PyType_Type;
	uintptr_t start = UINTPTR_MAX, end = 0;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *const segment = &object->dlpi_phdr[i];
		const uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
		if (segment->p_type != PT_LOAD)
			continue;
		start = begin < start ? begin : start;
		end = begin + segment->p_memsz > end ? begin + segment->p_memsz : end;
	}
	if (address < start || address >= end)
		return 0;
	core->start = start;
	core->end = end;
	core->shift = object->dlpi_addr;
	return 1;
}

/* _PyRuntime (Include/internal/pycore_runtime.h) is exported; its size is in the symbol table. */
static void find_runtime(struct core *core)
{
	void *const runtime = dlsym(RTLD_DEFAULT, "_PyRuntime");
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (runtime == NULL || dladdr1(runtime, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
	    symbol == NULL)
		return;
	core->runtime_start = (uintptr_t)runtime;
	core->runtime_end = (uintptr_t)runtime + symbol->st_size;
}

int core_find(struct core *core)
{
	*core = (struct core){0};
	if (dl_iterate_phdr(visit_object, core) == 0) {
		PyErr_SetString(PyExc_RuntimeError, "the interpreter's own object is not found");
		return -1;
	}
	find_runtime(core);
	return 0;
}

/*
 * Of the strings in static memory, those of frozen modules become interned when such a module is
 * imported, or never. Those of _PyRuntime are there from the start.
 */
bool core_holds(const struct core *core, PyObject *object)
{
	const uintptr_t address = (uintptr_t)object;

	if (PyUnicode_CheckExact(object))
		return address >= core->runtime_start && address < core->runtime_end;
	return address >= core->start && address < core->end;
}

bool core_knows(const struct core *core, PyObject *object)
{
	const uintptr_t address = (uintptr_t)object;

	return PyUnicode_CheckExact(object) && PyUnicode_CHECK_INTERNED(object) &&
	       address >= core->start && address < core->end && !core_holds(core, object);
}
