/* SPDX-License-Identifier: MIT */
#include "bundler/record/origins.h"

#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bundler/resolve/resolver.h"

#include "lib/array.h"

/* By what the modules of the run and those that the interpreter finds are looked up: their names first. */
struct named {
	const char *name;
};

_Static_assert(offsetof(struct run_module, name) == 0 &&
		       offsetof(struct resolved_module, name) == 0,
	       "both begin as struct named does");

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void keep(void *node)
{
	(void)node; /* the nodes are not owned */
}

static const void *find(void *const *tree, const char *name)
{
	const struct named key = {.name = name};
	void *const *const node = tfind(&key, tree, compare_names);
	return node == NULL ? NULL : *node;
}

/* Whether two paths lead to one file; how a path is written is none of a manifest's business. */
static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return strcmp(one, other) == 0 || (stat(one, &a) == 0 && stat(other, &b) == 0 &&
					   a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* Whether the module lies in the folder of its package: then it is found wherever that is. */
static bool follows_package(void *const *run, const struct run_module *module)
{
	const char *const dot = strrchr(module->name, '.');
	char *const name = dot == NULL ? NULL : strndup(module->name, (size_t)(dot - module->name));
	const struct run_module *const package = name == NULL ? NULL : find(run, name);
	const size_t size = strlen(module->folder);

	free(name);
	return package != NULL && strncmp(package->origin, module->folder, size) == 0 &&
	       strncmp(package->origin + size, "/__init__.", strlen("/__init__.")) == 0;
}

/* Whether the manifest that is added to says where the module is. */
static bool is_placed(const struct manifest_list *from, const char *name)
{
	const size_t size = strlen(name);

	for (size_t i = 0; i < from->count; i++)
		if (strncmp(from->items[i], name, size) == 0 && from->items[i][size] == ' ')
			return true;
	return false;
}

static bool is_listed(const struct compose *compose, const struct run_module *module)
{
	return names_has(&compose->startup, module->name) ||
	       names_has(&compose->modules, module->name);
}

/* Append "NAME in FOLDER". */
static enum pyb_status add_item(struct compose *compose, char *item)
{
	struct manifest_list *const from = &compose->from;
	enum pyb_status status =
		item != NULL ? PYB_OK
			     : pyb_error_set(compose->error, PYB_ERR_MEMORY, "out of memory");

	if (status == PYB_OK)
		status = pyb_array_grow((void **)&from->items, from->count, sizeof(*from->items),
					compose->error);
	if (status != PYB_OK) {
		free(item);
		return status;
	}
	from->items[from->count++] = item;
	return PYB_OK;
}

static enum pyb_status compare_origins(struct compose *compose, void *const *run, void *const *now)
{
	const struct runlog *const log = compose->input->log;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < log->module_count && status == PYB_OK; i++) {
		const struct run_module *const module = &log->modules[i];
		const struct resolved_module *const found = find(now, module->name);
		char *item;

		if (!is_listed(compose, module) || module->folder[0] != '/' ||
		    strlen(module->folder) >= PATH_MAX || !yaml_can_hold(module->folder) ||
		    follows_package(run, module) || is_placed(&compose->from, module->name) ||
		    (found != NULL && is_same_file(found->origin, module->origin)))
			continue;
		if (asprintf(&item, "%s" MANIFEST_FROM_WORD "%s", module->name, module->folder) < 0)
			item = NULL;
		status = add_item(compose, item);
	}
	return status;
}

/* Put the modules of the run into the tree and their names into the list. */
static enum pyb_status list_modules(const struct compose *compose, void **run,
				    struct manifest_list *names)
{
	const struct runlog *const log = compose->input->log;

	names->items = calloc((size_t)log->module_count + 1, sizeof(char *));
	if (names->items == NULL)
		return pyb_error_set(compose->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < log->module_count; i++) {
		if (tsearch(&log->modules[i], run, compare_names) == NULL)
			return pyb_error_set(compose->error, PYB_ERR_MEMORY, "out of memory");
		if (is_listed(compose, &log->modules[i]))
			names->items[names->count++] = (char *)log->modules[i].name;
	}
	return PYB_OK;
}

static enum pyb_status copy_base(struct compose *compose)
{
	const struct manifest *const base = compose->input->base;
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; base != NULL && i < base->from.count && status == PYB_OK; i++)
		status = add_item(compose, strdup(base->from.items[i]));
	return status;
}

enum pyb_status origins_gather(struct compose *compose)
{
	struct resolution resolution = {0};
	struct resolve_request request = {
		.python = compose->input->log->executable,
		.paths = {.items = (char **)compose->paths.items, .count = compose->paths.count},
		.seconds = compose->input->seconds,
	};
	void *run = NULL, *now = NULL;
	enum pyb_status status = copy_base(compose);

	request.from = compose->from;
	if (status == PYB_OK)
		status = list_modules(compose, &run, &request.modules);
	if (status == PYB_OK && request.modules.count > 0)
		status = resolve(&request, NULL, &resolution, compose->error);
	for (uint32_t i = 0; i < resolution.module_count && status == PYB_OK; i++)
		if (tsearch(&resolution.modules[i], &now, compare_names) == NULL)
			status = pyb_error_set(compose->error, PYB_ERR_MEMORY, "out of memory");
	if (status == PYB_OK)
		status = compare_origins(compose, &run, &now);
	tdestroy(now, keep);
	tdestroy(run, keep);
	free(request.modules.items);
	resolution_release(&resolution);
	return status;
}
