/* SPDX-License-Identifier: MIT */
#include "bundler/record/compose.h"

#include <stdlib.h>
#include <string.h>

#include "bundler/record/origins.h"
#include "bundler/record/remarks.h"
#include "lib/policy.h"

static bool is_listed(const struct manifest_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], name) == 0)
			return true;
	return false;
}

static bool is_excluded(const struct manifest *base, const char *name)
{
	for (size_t i = 0; i < base->exclude.count; i++)
		if (manifest_pattern_matches(base->exclude.items[i], name))
			return true;
	return false;
}

/* Whether the manifest that is added to leaves it to us where this name is listed. */
static bool is_open(const struct compose *compose, const char *name)
{
	const struct manifest *const base = compose->input->base;

	return base == NULL || (!is_listed(&base->modules, name) && !is_excluded(base, name));
}

static enum pyb_status add_list(struct names *names, const struct manifest_list *list,
				struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < list->count && status == PYB_OK; i++)
		status = names_add(names, list->items[i], error);
	return status;
}

/*
 * The first run tells what every start imports, also of what the manifest had for later; of that,
 * later runs leave what they import too.
 */
static enum pyb_status gather_startup(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	const struct manifest *const base = compose->input->base;
	struct names used = {0};
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < log->module_count && status == PYB_OK; i++)
		if (log->modules[i].is_used && manifest_is_module_name(log->modules[i].name))
			status = names_add(&used, log->modules[i].name, compose->error);
	for (size_t i = 0; base != NULL && i < base->startup.count && status == PYB_OK; i++)
		if (!compose_has_runs(compose) || names_has(&used, base->startup.items[i]))
			status = names_add(&compose->startup, base->startup.items[i],
					   compose->error);
	for (size_t i = 0; !compose_has_runs(compose) && i < used.count && status == PYB_OK; i++)
		if (base == NULL || !is_excluded(base, used.items[i]))
			status = names_add(&compose->startup, used.items[i], compose->error);
	names_release(&used);
	return status;
}

/*
 * For `modules` are those that only some runs import, and those that were found and not used so
 * far: their code is not needed at start, but finding them takes its time too.
 */
static enum pyb_status gather_modules(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	const struct manifest *const base = compose->input->base;
	enum pyb_status status = PYB_OK;

	if (base != NULL)
		status = add_list(&compose->modules, &base->modules, compose->error);
	for (size_t i = 0; base != NULL && i < base->startup.count && status == PYB_OK; i++)
		if (!names_has(&compose->startup, base->startup.items[i]))
			status = names_add(&compose->modules, base->startup.items[i],
					   compose->error);
	for (uint32_t i = 0; i < log->module_count && status == PYB_OK; i++) {
		const char *const name = log->modules[i].name;

		if (manifest_is_module_name(name) && is_open(compose, name) &&
		    !names_has(&compose->startup, name))
			status = names_add(&compose->modules, name, compose->error);
	}
	return status;
}

/* Whether the name is the module of MODULE or MODULE:FUNCTION. */
static bool is_module_of(const char *call, const char *name)
{
	const size_t size = strlen(name);

	return call != NULL && strncmp(call, name, size) == 0 && strchr(":", call[size]) != NULL;
}

static bool is_called(const struct compose *compose, const char *name)
{
	const struct manifest *const base = compose->input->base;

	if (base == NULL)
		return is_module_of(compose->input->program->entry, name);
	return is_module_of(base->entry, name) || is_module_of(base->bootstrap, name);
}

/* Names that no run found and that nothing in the manifest asks for. */
static enum pyb_status gather_absent(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	const struct manifest *const base = compose->input->base;
	struct names candidates = {0}, present = {0};
	enum pyb_status status = PYB_OK;

	if (base != NULL)
		status = add_list(&candidates, &base->absent, compose->error);
	for (uint32_t i = 0; i < log->absent_count && status == PYB_OK; i++)
		status = names_add(&candidates, log->absent[i], compose->error);
	for (uint32_t i = 0; i < log->present_count && status == PYB_OK; i++)
		status = names_add(&present, log->present[i], compose->error);
	for (uint32_t i = 0; i < log->module_count && status == PYB_OK; i++)
		status = names_add(&present, log->modules[i].name, compose->error);
	for (size_t i = 0; i < candidates.count && status == PYB_OK; i++) {
		const char *const name = candidates.items[i];

		if (manifest_is_module_name(name) && is_open(compose, name) &&
		    !names_has(&compose->startup, name) && !names_has(&compose->modules, name) &&
		    !names_has(&present, name) && !is_called(compose, name))
			status = names_add(&compose->absent, name, compose->error);
	}
	names_release(&candidates);
	names_release(&present);
	return status;
}

static bool is_top_level_folder(const struct runlog *log, const char *folder)
{
	for (uint32_t i = 0; i < log->module_count; i++)
		if (!log->modules[i].is_aside && strchr(log->modules[i].name, '.') == NULL &&
		    strcmp(log->modules[i].folder, folder) == 0)
			return true;
	return false;
}

/* Whether a folder that a manifest takes for the same is there already. */
static bool has_path(const struct compose *compose, const char *folder)
{
	for (size_t i = 0; i < compose->paths.count; i++)
		if (manifest_is_same_folder(compose->paths.items[i], folder))
			return true;
	return false;
}

static enum pyb_status add_path(struct compose *compose, const char *folder)
{
	if (folder[0] != '/' || has_path(compose, folder) ||
	    is_listed(&compose->input->sys_path, folder) || !yaml_can_hold(folder) ||
	    !is_top_level_folder(compose->input->log, folder))
		return PYB_OK;
	return names_add(&compose->paths, folder, compose->error);
}

/* Folders that modules came from and that the interpreter does not search by itself. */
static enum pyb_status gather_paths(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	enum pyb_status status = PYB_OK;

	if (compose->input->base != NULL)
		status = add_list(&compose->paths, &compose->input->base->paths, compose->error);
	for (uint32_t i = 0; i < log->path_count && status == PYB_OK; i++)
		status = add_path(compose, log->path[i]);
	for (uint32_t i = 0; i < log->module_count && status == PYB_OK; i++)
		status = add_path(compose, log->modules[i].folder);
	return status;
}

static void put_list(struct compose *compose, const char *key, const char *const *items,
		     size_t count)
{
	struct yaml_text *const yaml = &compose->yaml;

	if (count == 0)
		return;
	yaml_put(yaml, "\n");
	yaml_put(yaml, key);
	yaml_put(yaml, ":\n");
	for (size_t i = 0; i < count; i++)
		yaml_item(yaml, items[i]);
}

static void put_base_list(struct compose *compose, const char *key,
			  const struct manifest_list *list)
{
	put_list(compose, key, (const char *const *)list->items, list->count);
}

/* The name of the bundle, if the file's own cannot be it. */
static void put_name(struct compose *compose)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	const char *const slash = strrchr(compose->input->file, '/');
	const char *const stem = slash == NULL ? compose->input->file : slash + 1;
	const char *const dot = strrchr(stem, '.');
	const bool has_suffix =
		dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
	const size_t size = has_suffix ? (size_t)(dot - stem) : strlen(stem);
	char name[MANIFEST_MAX_NAME + 1] = "";
	size_t used = 0;

	strncat(name, stem, size < MANIFEST_MAX_NAME ? size : MANIFEST_MAX_NAME);
	if (size <= MANIFEST_MAX_NAME && manifest_is_bundle_name(name))
		return;
	for (const char *at = name; *at != '\0'; at++) {
		const bool fits = strchr(allowed, *at) != NULL || (used > 0 && strchr("-.", *at));

		if (fits || used == 0 || name[used - 1] != '_')
			name[used++] = (char)(fits ? *at : '_');
	}
	name[used] = '\0';
	yaml_pair(&compose->yaml, "name", used > 0 ? name : "bundle");
}

/* For those who read the manifest: what it does, and how to be rid of it. */
static void put_snapshot_program(struct compose *compose, const char *script)
{
	if (!yaml_can_hold(script))
		return;
	yaml_comment(&compose->yaml,
		     "A snapshot has what this script imports first, and is for its "
		     "starts; 'no': for those of any program");
	yaml_pair(&compose->yaml, "snapshot_program", script);
}

/* What the run tells about the interpreter and the program. */
static void put_run_options(struct compose *compose)
{
	const struct compose_input *const input = compose->input;

	put_name(compose);
	if (strcmp(input->log->executable, input->default_python) != 0 &&
	    yaml_can_hold(input->log->executable))
		yaml_pair(&compose->yaml, "python", input->log->executable);
	if (input->program->entry != NULL && yaml_can_hold(input->program->entry))
		yaml_pair(&compose->yaml, "entry", input->program->entry);
	if (input->program->is_source)
		put_snapshot_program(compose, input->program->entry);
	if (input->log->optimize > 0)
		yaml_number(&compose->yaml, "optimize", input->log->optimize > 1 ? 2 : 1);
}

/* What the manifest said that is added to. */
static void put_base_options(struct compose *compose, const struct manifest *base)
{
	static const char *const checks[] = {"source", "directory", "never", "hash"};
	static const char *const payloads[] = {"auto", "image", "marshal"};
	struct yaml_text *const yaml = &compose->yaml;
	const char *const slash = strrchr(base->file, '/');
	const char *const stem = slash == NULL ? base->file : slash + 1;
	const size_t size = strlen(base->name);

	if (strncmp(stem, base->name, size) != 0 || strchr(".", stem[size]) == NULL)
		yaml_pair(yaml, "name", base->name);
	yaml_pair(yaml, "python", base->python);
	yaml_pair(yaml, "entry", base->entry);
	yaml_pair(yaml, "bootstrap", base->bootstrap);
	if (base->optimize > 0)
		yaml_number(yaml, "optimize", base->optimize);
	if (base->compression_level > 0)
		yaml_number(yaml, "compress", base->compression_level);
	if (base->check != MANIFEST_CHECK_SOURCE)
		yaml_pair(yaml, "check", checks[base->check]);
	if (base->payload != MANIFEST_PAYLOAD_AUTO)
		yaml_pair(yaml, "payload", payloads[base->payload]);
	for (size_t i = 0; i < PYB_POLICY_KEY_COUNT; i++)
		if (((base->policies ^ PYB_POLICY_DEFAULT) & pyb_policy_keys[i].policy) != 0)
			yaml_pair(yaml, pyb_policy_keys[i].name,
				  pyb_policy_value(&pyb_policy_keys[i], base->policies));
	if (!base->trial_run)
		yaml_pair(yaml, "trial_run", "no");
	if (base->snapshot != MANIFEST_SNAPSHOT_UNSAID)
		yaml_pair(yaml, "snapshot", manifest_snapshot_word(base->snapshot));
	if (base->snapshot_program != NULL)
		put_snapshot_program(compose, base->snapshot_program);
}

static void put_manifest(struct compose *compose)
{
	const struct manifest *const base = compose->input->base;

	compose_put_remarks(compose);
	yaml_put(&compose->yaml, "\nversion: 1\n");
	if (base != NULL)
		put_base_options(compose, base);
	else
		put_run_options(compose);
	put_list(compose, "startup", compose->startup.items, compose->startup.count);
	put_list(compose, "modules", compose->modules.items, compose->modules.count);
	put_list(compose, "absent", compose->absent.items, compose->absent.count);
	if (base != NULL)
		put_base_list(compose, "exclude", &base->exclude);
	put_list(compose, "paths", compose->paths.items, compose->paths.count);
	put_base_list(compose, "from", &compose->from);
	if (base != NULL) {
		put_base_list(compose, "harmless", &base->harmless);
		put_base_list(compose, "variables", &base->variables);
	}
	compose->counts->startup = compose->startup.count;
	compose->counts->modules = compose->modules.count;
	compose->counts->absent = compose->absent.count;
}

enum pyb_status compose_manifest(const struct compose_input *input, struct pyb_buffer *text,
				 struct compose_counts *counts, struct pyb_error *error)
{
	struct compose compose = {
		.input = input,
		.counts = counts,
		.yaml = {.buffer = text, .error = error},
		.error = error,
	};

	*counts = (struct compose_counts){0};
	enum pyb_status status = gather_startup(&compose);
	if (status == PYB_OK)
		status = gather_modules(&compose);
	if (status == PYB_OK)
		status = gather_absent(&compose);
	if (status == PYB_OK)
		status = gather_paths(&compose);
	if (status == PYB_OK)
		status = origins_gather(&compose);
	if (status == PYB_OK) {
		put_manifest(&compose);
		status = compose.yaml.status;
	}
	names_release(&compose.startup);
	names_release(&compose.modules);
	names_release(&compose.absent);
	names_release(&compose.paths);
	for (size_t i = 0; i < compose.from.count; i++)
		free(compose.from.items[i]);
	free(compose.from.items);
	return status;
}
