/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/entry_point.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct resolved_module *find_module(const struct resolution *resolution,
						 const char *name, size_t size)
{
	for (uint32_t i = 0; i < resolution->module_count; i++) {
		const struct resolved_module *const module = &resolution->modules[i];

		if (strncmp(module->name, name, size) == 0 && module->name[size] == '\0' &&
		    module->kind != PYB_MODULE_ABSENT)
			return module;
	}
	return NULL;
}

static bool is_missing(const struct resolution *resolution, const char *name, size_t size)
{
	for (uint32_t i = 0; i < resolution->note_count; i++) {
		const struct resolved_note *const note = &resolution->notes[i];

		if (note->kind == NOTE_MISSING && strncmp(note->name, name, size) == 0 &&
		    note->name[size] == '\0')
			return true;
	}
	return false;
}

enum pyb_status entry_check(const char *call, const struct resolution *resolution,
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
	if (is_missing(resolution, call, size))
		return pyb_error_set(fault, PYB_ERR_INVALID, "%s finds no module %.*s",
				     resolution->executable, (int)size, call);
	return PYB_OK;
}

enum pyb_status entry_check_path(const char *call, const struct resolution *resolution,
				 struct pyb_error *fault)
{
	if (call == NULL || call[0] == '/')
		return PYB_OK;
	/* A module in a package is found where the package is. */
	const size_t size = strcspn(call, ".:");
	const struct resolved_module *const module = find_module(resolution, call, size);
	if (module == NULL || resolution->directories[module->directory].sys_path > 0)
		return PYB_OK;
	return pyb_error_set(fault, PYB_ERR_INVALID,
			     "%.*s is found in %s, which is not on sys.path of %s; 'paths' is for "
			     "build only, so set PYTHONPATH at the start, or install it",
			     (int)size, call, resolution->directories[module->directory].path,
			     resolution->executable);
}
