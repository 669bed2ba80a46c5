/* SPDX-License-Identifier: MIT */
#include "importer/cpython/configuration.h"

#include <structmember.h>

#include "importer/cpython/interpreter_segment.h"

/* Both are exported, but in no header of the public API. */
extern __attribute__((weak)) const PyConfig *_Py_GetConfig(void);
extern __attribute__((weak)) void Py_GetArgcArgv(int *count, wchar_t ***arguments);

PyConfig *configuration_of_interpreter(void)
{
	if (&_Py_GetConfig == NULL)
		return NULL;
	/* Modules/main.c takes the `const` away, too: it is set by those who run the program. */
	return (PyConfig *)(uintptr_t)_Py_GetConfig();
}

PyWideStringList *configuration_find_arguments(void)
{
	const struct interpreter_segment segment = interpreter_segment_find();
	PyWideStringList wanted = {0}, *found = NULL;
	int count = 0;

	if (&Py_GetArgcArgv == NULL)
		return NULL;
	Py_GetArgcArgv(&count, &wanted.items);
	wanted.length = count;
	if (count < 1 || wanted.items == NULL)
		return NULL;
	for (uintptr_t at = segment.start; at + sizeof(wanted) <= segment.end; at += sizeof(at)) {
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		PyWideStringList *const candidate = (PyWideStringList *)at;
		if (memcmp(candidate, &wanted, sizeof(wanted)) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = candidate;
	}
	return found;
}

PyObject **configuration_find_flag(PyObject *flags, const char *name)
{
	const PyMemberDef *member = Py_TYPE(flags)->tp_members;

	for (; member != NULL && member->name != NULL; member++)
		if (strcmp(member->name, name) == 0)
			return (PyObject **)((char *)flags + member->offset);
	return NULL;
}

/* Python/initconfig.c: config_set_global_vars(). They are deprecated, not gone. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void configuration_note_unbuffered(bool is_so)
{
	if (&Py_UnbufferedStdioFlag != NULL)
		Py_UnbufferedStdioFlag = is_so;
}

void configuration_note_no_bytecode(bool is_so)
{
	if (&Py_DontWriteBytecodeFlag != NULL)
		Py_DontWriteBytecodeFlag = is_so;
}
#pragma GCC diagnostic pop

void configuration_exchange_items(PyObject *list, PyObject *other)
{
	PyListObject *const first = (PyListObject *)list;
	PyListObject *const second = (PyListObject *)other;
	const PyListObject before = *first;

	first->ob_item = second->ob_item;
	first->allocated = second->allocated;
	Py_SET_SIZE(first, Py_SIZE(second));
	second->ob_item = before.ob_item;
	second->allocated = before.allocated;
	Py_SET_SIZE(second, Py_SIZE(&before));
}
