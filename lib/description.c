/* SPDX-License-Identifier: MIT */
#include "lib/description.h"

#include <search.h>
#include <string.h>

int pyb_described_module_compare(const void *a, const void *b)
{
	return strcmp(((const struct pyb_described_module *)a)->given.name,
		      ((const struct pyb_described_module *)b)->given.name);
}

struct pyb_described_module *pyb_described_module(const struct pyb_writer *writer, const char *name)
{
	const struct pyb_described_module key = {.given = {.name = name}};
	void *const *const node = tfind(&key, &writer->module_tree, pyb_described_module_compare);
	return node == NULL ? NULL : *node;
}
