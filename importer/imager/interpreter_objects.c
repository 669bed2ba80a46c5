/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>

#include "importer/cpython/shared_object.h"
#include "importer/imager/builder.h"

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
	struct shared_object object;

	*interpreter = (struct interpreter){0};
	if (!shared_object_at((uintptr_t)&PyType_Type, &object)) {
		PyErr_SetString(PyExc_RuntimeError, "the interpreter's own object is not found");
		return -1;
	}
	interpreter->start = object.start;
	interpreter->end = object.end;
	interpreter->shift = object.base;
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
