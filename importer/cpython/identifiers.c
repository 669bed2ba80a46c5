/* SPDX-License-Identifier: MIT */
#include "importer/cpython/identifiers.h"

static int intern(const char *text, PyObject **name)
{
	*name = PyUnicode_InternFromString(text);
	return *name == NULL ? -1 : 0;
}

struct identifiers identifiers;

int identifiers_init(void)
{
	identifiers.nothing = PyTuple_New(0);
	if (identifiers.nothing == NULL)
		return -1;
#define PYSTART_INTERN_IDENTIFIER(field, text)     \
	if (intern(text, &identifiers.field) != 0) \
		return -1;
	PYSTART_IDENTIFIERS(PYSTART_INTERN_IDENTIFIER)
#undef PYSTART_INTERN_IDENTIFIER
	return 0;
}
