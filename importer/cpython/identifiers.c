/* SPDX-License-Identifier: MIT */
#include "importer/cpython/identifiers.h"

static int intern(const char *text, PyObject **name)
{
	*name = PyUnicode_InternFromString(text);
	return *name == NULL ? -1 : 0;
}

int names_init(struct names *names)
{
	names->nothing = PyTuple_New(0);
	if (names->nothing == NULL)
		return -1;
#define PYSTART_INTERN_NAME(field, text)      \
	if (intern(text, &names->field) != 0) \
		return -1;
	PYSTART_NAMES(PYSTART_INTERN_NAME)
#undef PYSTART_INTERN_NAME
	return 0;
}
