/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "importer/imager/builder.h"

static int visit_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	struct interpreter *const interpreter = argument;
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
	interpreter->start = start;
	interpreter->end = end;
	interpreter->shift = object->dlpi_addr;
	return 1;
}

/* _PyRuntime (Include/internal/pycore_runtime.h) is exported; its size is in the symbol table. */
static void find_runtime(struct interpreter *interpreter)
{
	void *const runtime = dlsym(RTLD_DEFAULT, "_PyRuntime");
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (runtime == NULL || dladdr1(runtime, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
	    symbol == NULL)
		return;
	interpreter->runtime_start = (uintptr_t)runtime;
	interpreter->runtime_end = (uintptr_t)runtime + symbol->st_size;
}

int interpreter_find(struct interpreter *interpreter)
{
	*interpreter = (struct interpreter){0};
	if (dl_iterate_phdr(visit_object, interpreter) == 0) {
		PyErr_SetString(PyExc_RuntimeError, "the interpreter's own object is not found");
		return -1;
	}
	find_runtime(interpreter);
	return 0;
}

/*
 * Of the strings in static memory, those of frozen modules become interned when such a module is
 * imported, or never. Those of _PyRuntime are there from the start.
 */
bool interpreter_holds(const struct interpreter *interpreter, PyObject *object)
{
	const uintptr_t address = (uintptr_t)object;

	if (PyUnicode_CheckExact(object))
		return address >= interpreter->runtime_start && address < interpreter->runtime_end;
	return address >= interpreter->start && address < interpreter->end;
}

bool interpreter_has_static_string(const struct interpreter *interpreter, PyObject *object)
{
	const uintptr_t address = (uintptr_t)object;

	return PyUnicode_CheckExact(object) && PyUnicode_CHECK_INTERNED(object) &&
	       address >= interpreter->start && address < interpreter->end &&
	       !interpreter_holds(interpreter, object);
}
