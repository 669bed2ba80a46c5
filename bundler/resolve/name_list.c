/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/name_list.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool names_has(const struct names *names, const char *name)
{
	return tfind(name, &names->tree, compare) != NULL;
}

enum pyb_status names_add(struct names *names, const char *name, struct pyb_error *error)
{
	if (names_has(names, name))
		return PYB_OK;
	const enum pyb_status status =
		pyb_array_grow((void **)&names->items, names->count, sizeof(*names->items), error);
	if (status != PYB_OK)
		return status;
	if (tsearch(name, &names->tree, compare) == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	names->items[names->count++] = name;
	return PYB_OK;
}

static void keep(void *node)
{
	(void)node; /* the names are not ours */
}

void names_release(struct names *names)
{
	tdestroy(names->tree, keep);
	free(names->items);
	*names = (struct names){0};
}
