/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/entry_point.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct collected_module *find_module(const struct collection *collection,
						  const char *name, size_t size)
{
	for (uint32_t i = 0; i < collection->module_count; i++) {
		const struct collected_module *const module = &collection->modules[i];

		if (strncmp(module->name, name, size) == 0 && module->name[size] == '\0' &&
		    module->kind != PYB_MODULE_ABSENT)
			return module;
	}
	return NULL;
}

static bool is_missing(const struct collection *collection, const char *name, size_t size)
{
	for (uint32_t i = 0; i < collection->note_count; i++) {
		const struct collected_note *const note = &collection->notes[i];

		if (note->kind == NOTE_MISSING && strncmp(note->name, name, size) == 0 &&
		    note->name[size] == '\0')
			return true;
	}
	return false;
}

enum pyb_status entry_check(const char *call, const struct collection *collection,
			    struct pyb_error *fault)
{
	const size_t size = call == NULL ? 0 : strcspn(call, ":");
	struct stat file;

	if (call == NULL)
		return PYB_OK;
	if (call[0] == '/')
		return stat(call, &file) == 0
			       ? PYB_OK
			       : pyb_error_set(fault, PYB_ERR_INVALID, "there is no script %s: %s",
					       call, strerror(errno));
	if (is_missing(collection, call, size))
		return pyb_error_set(fault, PYB_ERR_INVALID, "%s finds no module %.*s",
				     collection->executable, (int)size, call);
	return PYB_OK;
}

enum pyb_status entry_check_path(const char *call, const struct collection *collection,
				 struct pyb_error *fault)
{
	if (call == NULL || call[0] == '/')
		return PYB_OK;
	/* A module in a package is found where the package is. */
	const size_t size = strcspn(call, ".:");
	const struct collected_module *const module = find_module(collection, call, size);
	if (module == NULL || collection->directories[module->directory].sys_path > 0)
		return PYB_OK;
	return pyb_error_set(fault, PYB_ERR_INVALID,
			     "%.*s is found in %s, which is not on sys.path of %s; 'paths' is for "
			     "build only, so set PYTHONPATH at the start, or install it",
			     (int)size, call, collection->directories[module->directory].path,
			     collection->executable);
}
