/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* Append a text that malloc() gave, which now belongs to the list. */
static enum pyb_status append(struct manifest_list *list, char *text, struct pyb_error *error)
{
	enum pyb_status status =
		text != NULL ? PYB_OK : pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");

	if (status == PYB_OK)
		status = pyb_array_grow((void **)&list->items, list->count, sizeof(*list->items),
					error);
	if (status != PYB_OK) {
		free(text);
		return status;
	}
	list->items[list->count++] = text;
	return PYB_OK;
}

/* The module of MODULE or MODULE:FUNCTION. A script has none. */
static enum pyb_status append_module_of(struct wanted *wanted, const char *entry,
					struct pyb_error *error)
{
	if (entry == NULL || entry[0] == '/')
		return PYB_OK;
	return append(&wanted->modules, strndup(entry, strcspn(entry, ":")), error);
}

/* If the entry point is a package, running it runs its __main__. */
static enum pyb_status append_main_of(struct wanted *wanted, const char *entry,
				      struct pyb_error *error)
{
	char *name = NULL;

	if (entry == NULL || entry[0] == '/' || strchr(entry, ':') != NULL)
		return PYB_OK;
	if (asprintf(&name, "%s.__main__", entry) < 0)
		name = NULL;
	return append(&wanted->optional, name, error);
}

enum pyb_status wanted_init(struct wanted *wanted, const struct manifest *manifest,
			    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*wanted = (struct wanted){0};
	for (size_t i = 0; i < manifest->modules.count && status == PYB_OK; i++)
		status = append(&wanted->modules, strdup(manifest->modules.items[i]), error);
	if (status == PYB_OK)
		status = append_module_of(wanted, manifest->entry, error);
	if (status == PYB_OK)
		status = append_module_of(wanted, manifest->bootstrap, error);
	if (status == PYB_OK)
		status = append_main_of(wanted, manifest->entry, error);
	return status;
}

static void release_list(struct manifest_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct manifest_list){0};
}

void wanted_release(struct wanted *wanted)
{
	release_list(&wanted->modules);
	release_list(&wanted->optional);
}
