/* SPDX-License-Identifier: MIT */
#include "importer/exit/lookup.h"

#include "importer/cpython/plain_dict.h"

static bool is_whole;

void lookup_start(void)
{
	is_whole = true;
}

PyObject *lookup(PyObject *dict, const char *name)
{
	if (!plain_dict_is(dict)) {
		is_whole = false;
		return NULL;
	}
	return compat_dict_find(dict, name);
}

bool lookup_is_whole(void)
{
	return is_whole;
}
