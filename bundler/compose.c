/* SPDX-License-Identifier: MIT */
#include "bundler/compose.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bundler/names.h"
#include "bundler/yaml_text.h"

struct compose {
	const struct compose_input *input;
	struct compose_counts *counts;
	struct names startup, modules, absent, paths;
	struct yaml_text yaml;
	struct pyb_error *error;
};

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

/* Whether the manifest that is added to leaves room for this name under `startup`. */
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

static const char recorded[] = "# Recorded: ";

/* Whether runs went into the manifest that is added to. */
static bool has_runs(const struct compose *compose)
{
	return compose->input->base_text != NULL &&
	       strstr(compose->input->base_text, recorded) != NULL;
}

/* The first run tells what every start imports; of that, later ones leave what they import too. */
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
		if (!has_runs(compose) || names_has(&used, base->startup.items[i]))
			status = names_add(&compose->startup, base->startup.items[i],
					   compose->error);
	for (size_t i = 0; !has_runs(compose) && i < used.count && status == PYB_OK; i++)
		if (is_open(compose, used.items[i]))
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
		if (strchr(log->modules[i].name, '.') == NULL &&
		    strcmp(log->modules[i].folder, folder) == 0)
			return true;
	return false;
}

static enum pyb_status add_path(struct compose *compose, const char *folder)
{
	if (is_listed(&compose->input->sys_path, folder) || !yaml_can_hold(folder) ||
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

/* `# Recorded: COMMAND` for the run, as a line of a text of its own. */
static void put_command(struct yaml_text *line, char *const *command)
{
	struct pyb_buffer words = {0};

	for (char *const *word = command; *word != NULL && line->status == PYB_OK; word++) {
		const size_t size = strnlen(*word, 200);

		line->status = pyb_buffer_append(&words, " ", 1, line->error);
		if (line->status == PYB_OK)
			line->status = pyb_buffer_append(&words, *word, size, line->error);
		if (line->status == PYB_OK && (*word)[size] != '\0')
			line->status = pyb_buffer_append(&words, "...", 3, line->error);
	}
	yaml_comment(line, "Recorded:%.*s", (int)words.size, (const char *)words.data);
	if (line->status == PYB_OK)
		line->status = pyb_buffer_append(line->buffer, "", 1, line->error);
	pyb_buffer_release(&words);
}

/* The commands of all runs that went into the manifest, each once. */
static void put_commands(struct compose *compose)
{
	struct yaml_text *const yaml = &compose->yaml;
	const char *line = compose->input->base_text;
	struct pyb_buffer text = {0};
	struct yaml_text own = {.buffer = &text, .error = compose->error};

	put_command(&own, compose->input->command);
	if (own.status != PYB_OK)
		yaml->status = own.status;
	for (; own.status == PYB_OK && line != NULL && *line != '\0'; line += *line == '\n') {
		const size_t size = strcspn(line, "\n");

		if (strncmp(line, recorded, strlen(recorded)) == 0 &&
		    (strlen((char *)text.data) != size + 1 || memcmp(text.data, line, size) != 0))
			yaml_comment(yaml, "%.*s", (int)size - 2, line + 2);
		line += size;
	}
	if (own.status == PYB_OK)
		yaml_put(yaml, (const char *)text.data);
	pyb_buffer_release(&text);
}

/* Whether the folder is one of those in a variable such as PYTHONPATH. */
static bool is_on_path(const char *path, const char *folder)
{
	struct stat wanted, found;
	char *const copy = path == NULL ? NULL : strdup(path);
	char *rest = NULL;
	bool result = false;

	if (copy == NULL || stat(folder, &wanted) != 0)
		goto out;
	for (char *entry = strtok_r(copy, ":", &rest); entry != NULL && !result;
	     entry = strtok_r(NULL, ":", &rest))
		result = stat(entry, &found) == 0 && found.st_dev == wanted.st_dev &&
			 found.st_ino == wanted.st_ino;
out:
	free(copy);
	return result;
}

/* What the interpreter found by PYTHONPATH, a start finds only if that is set again. */
static void put_python_path(struct compose *compose)
{
	const struct compose_input *const input = compose->input;

	for (size_t i = 0; i < compose->paths.count; i++) {
		if (!is_on_path(input->python_path, compose->paths.items[i]))
			continue;
		if (compose->counts->python_path++ == 0) {
			yaml_comment(&compose->yaml, "%s", "");
			yaml_comment(&compose->yaml,
				     "Found by PYTHONPATH, which a start needs as well:");
		}
		yaml_comment(&compose->yaml, "  %s", compose->paths.items[i]);
	}
}

static void put_folder_counts(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	struct names folders = {0};

	for (uint32_t i = 0; i < log->module_count; i++)
		if (strchr(log->modules[i].name, '.') == NULL)
			names_add(&folders, log->modules[i].folder, compose->error);
	for (size_t i = 0; i < folders.count; i++) {
		const size_t size = strlen(folders.items[i]);
		size_t count = 0;

		for (uint32_t j = 0; j < log->module_count; j++) {
			const char *const folder = log->modules[j].folder;
			size_t longest = 0;

			/* A module below several of them belongs to the longest. */
			for (size_t k = 0; k < folders.count; k++) {
				const size_t length = strlen(folders.items[k]);
				if (length > longest &&
				    strncmp(folder, folders.items[k], length) == 0 &&
				    (folder[length] == '/' || folder[length] == '\0'))
					longest = length;
			}
			count += longest == size && strncmp(folder, folders.items[i], size) == 0;
		}
		yaml_comment(&compose->yaml, "  %4zu from %s", count, folders.items[i]);
	}
	names_release(&folders);
}

static void put_extensions(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;

	if (compose->counts->extensions == 0)
		return;
	yaml_comment(&compose->yaml, "%s", "");
	yaml_comment(&compose->yaml,
		     "Extension modules, whose code stays in their own files (%zu):",
		     compose->counts->extensions);
	for (uint32_t i = 0; i < log->module_count; i++)
		if (log->modules[i].kind == PYB_MODULE_EXTENSION)
			yaml_comment(&compose->yaml, "  %s", log->modules[i].name);
}

/* It may have been loaded in an ordinary way later, or in an earlier run. */
static bool is_left_out(const struct compose *compose, uint32_t skip)
{
	const char *const name = compose->input->log->skips[skip].name;

	return !names_has(&compose->startup, name) && !names_has(&compose->modules, name);
}

/* All names that were left out for the reason at `first`, as many on a line as fit. */
static void put_skips_like(struct compose *compose, uint32_t first)
{
	enum { WIDTH = 90 };
	const struct runlog *const log = compose->input->log;
	const char *const reason = log->skips[first].reason;
	char line[WIDTH + 1] = "";

	yaml_comment(&compose->yaml, "  %s:", reason);
	for (uint32_t i = first; i < log->skip_count; i++) {
		const char *const name = log->skips[i].name;

		if (strcmp(log->skips[i].reason, reason) != 0 || !is_left_out(compose, i))
			continue;
		compose->counts->skipped++;
		if (line[0] != '\0' && strlen(line) + 1 + strlen(name) > WIDTH) {
			yaml_comment(&compose->yaml, "    %s", line);
			line[0] = '\0';
		}
		if (strlen(name) > WIDTH) {
			yaml_comment(&compose->yaml, "    %s", name);
			continue;
		}
		if (line[0] != '\0')
			strcat(line, " ");
		strcat(line, name);
	}
	if (line[0] != '\0')
		yaml_comment(&compose->yaml, "    %s", line);
}

static void put_skips(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	struct names reasons = {0};

	for (uint32_t i = 0; i < log->skip_count; i++) {
		if (!is_left_out(compose, i) || names_has(&reasons, log->skips[i].reason))
			continue;
		if (reasons.count == 0) {
			yaml_comment(&compose->yaml, "%s", "");
			yaml_comment(&compose->yaml, "Left out:");
		}
		const enum pyb_status status =
			names_add(&reasons, log->skips[i].reason, compose->error);
		if (status != PYB_OK)
			compose->yaml.status = status;
		put_skips_like(compose, i);
	}
	names_release(&reasons);
}

/* A start with the bundle does not read the script's `#!` line. */
static void put_line_flags(struct compose *compose)
{
	const struct program *const program = compose->input->program;

	if (program->line_flag_count == 0)
		return;
	yaml_comment(&compose->yaml, "%s", "");
	yaml_comment(&compose->yaml, "The program ran with options of its #! line, which a start "
				     "with a bundle does not read:");
	for (size_t i = 0; i < program->line_flag_count; i++)
		yaml_comment(&compose->yaml, "  %s", program->flags[i]);
}

static void put_comments(struct compose *compose)
{
	struct yaml_text *const yaml = &compose->yaml;
	const struct runlog *const log = compose->input->log;

	for (uint32_t i = 0; i < log->module_count; i++)
		compose->counts->extensions += log->modules[i].kind == PYB_MODULE_EXTENSION;
	yaml_comment(yaml, "A manifest for pybundle build, written by pybundle record.");
	put_commands(compose);
	yaml_comment(yaml, "%s", "");
	yaml_comment(yaml, "%s imported %u modules:",
		     compose->input->base != NULL ? "The last run" : "The run", log->module_count);
	put_folder_counts(compose);
	put_extensions(compose);
	put_skips(compose);
	put_line_flags(compose);
	put_python_path(compose);
	if (log->is_cut) {
		yaml_comment(yaml, "%s", "");
		yaml_comment(yaml, "Notes about the run were lost; it may have imported more.");
	} else if (!log->is_complete) {
		yaml_comment(yaml, "%s", "");
		yaml_comment(yaml,
			     "The program ended without the usual clean-up; everything that it "
			     "imported is here,");
		yaml_comment(yaml, "but the list of what was left out is not complete.");
	}
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
			name[used++] = fits ? *at : '_';
	}
	name[used] = '\0';
	yaml_pair(&compose->yaml, "name", used > 0 ? name : "bundle");
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
	if (input->log->optimize > 0)
		yaml_number(&compose->yaml, "optimize", input->log->optimize > 1 ? 2 : 1);
}

/* What the manifest said that is added to. */
static void put_base_options(struct compose *compose, const struct manifest *base)
{
	static const char *const checks[] = {"source", "directory", "never"};
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
}

static void put_manifest(struct compose *compose)
{
	const struct manifest *const base = compose->input->base;

	put_comments(compose);
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
	if (status == PYB_OK) {
		put_manifest(&compose);
		status = compose.yaml.status;
	}
	names_release(&compose.startup);
	names_release(&compose.modules);
	names_release(&compose.absent);
	names_release(&compose.paths);
	return status;
}
