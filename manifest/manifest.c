/* SPDX-License-Identifier: MIT */
/* The public face of the manifest library: read a file, check it, hand the result over. */
#include "manifest/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/policy.h"

enum { READ_STEP = 64 << 10 };

/* Without any key. */
static const struct manifest empty_manifest = {
	.check = MANIFEST_CHECK_SOURCE,
	.payload = MANIFEST_PAYLOAD_AUTO,
	.policies = PYB_POLICY_DEFAULT,
	.trial_run = true,
};

/* The name that the bundle gets when the manifest gives none. NULL after a failure or problem. */
static char *default_name(struct manifest_load *load)
{
	static const char *const suffixes[] = {".yaml", ".yml"};
	const struct manifest_place start = {1, 1};
	const char *base = manifest_base_name(load->file);
	size_t size = strlen(base);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const size_t suffix_size = strlen(suffixes[i]);
		if (size >= suffix_size && strcmp(base + size - suffix_size, suffixes[i]) == 0) {
			size -= suffix_size;
			break;
		}
	}
	char *name = strndup(base, size);
	if (name == NULL) {
		manifest_out_of_memory(load);
		return NULL;
	}
	const char *fault = manifest_bundle_name_fault(name);
	if (fault == NULL)
		return name;
	struct manifest_excerpt excerpt;
	load->key = manifest_key_name(KEY_NAME);
	manifest_problem(load, start,
			 "is missing, and the file's name '%s' cannot take its place (%s); add "
			 "'name: ...'",
			 manifest_excerpt(&excerpt, name, size), fault);
	load->key = NULL;
	free(name);
	return NULL;
}

/* Move the entries of a list into its final form. */
static void move_list(struct manifest_load *load, enum manifest_key key, struct manifest_list *ret)
{
	struct manifest_entries *entries = &load->entries[key];
	if (entries->count == 0 || load->failure != PYB_OK)
		return;
	ret->items = calloc(entries->count, sizeof(*ret->items));
	ret->lines = calloc(entries->count, sizeof(*ret->lines));
	if (ret->items == NULL || ret->lines == NULL) {
		manifest_out_of_memory(load);
		return;
	}
	for (size_t i = 0; i < entries->count; i++) {
		ret->items[i] = entries->items[i].text;
		ret->lines[i] = entries->items[i].place.line;
	}
	ret->count = entries->count;
	entries->count = 0;
}

static void finish_manifest(struct manifest_load *load)
{
	struct manifest *manifest = load->manifest;
	manifest->file = strdup(load->file);
	if (manifest->file == NULL)
		manifest_out_of_memory(load);
	move_list(load, KEY_STARTUP, &manifest->startup);
	move_list(load, KEY_MODULES, &manifest->modules);
	move_list(load, KEY_ABSENT, &manifest->absent);
	move_list(load, KEY_EXCLUDE, &manifest->exclude);
	move_list(load, KEY_PATHS, &manifest->paths);
	move_list(load, KEY_FROM, &manifest->from);
	move_list(load, KEY_HARMLESS, &manifest->harmless);
	move_list(load, KEY_VARIABLES, &manifest->variables);
}

static void release_load(struct manifest_load *load)
{
	for (size_t i = 0; i < load->problem_count; i++)
		free(load->problems[i].line);
	free(load->problems);
	for (size_t key = 0; key < KEY_COUNT; key++) {
		struct manifest_entries *entries = &load->entries[key];
		for (size_t i = 0; i < entries->count; i++)
			free(entries->items[i].text);
		free(entries->items);
	}
}

static void check_contents(struct manifest_load *load, const char *text, size_t size)
{
	const struct manifest_place start = {1, 1};
	if (size > MANIFEST_MAX_SIZE) {
		manifest_problem(load, start, "the file is larger than %d MiB",
				 (int)(MANIFEST_MAX_SIZE >> 20));
		return;
	}
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	if (!manifest_check_text(load, text, size))
		return;
	manifest_parse_yaml(load, text, size);
	if (load->failure != PYB_OK)
		return;
	manifest_check_rules(load);
	if (!load->has_name && load->complete && load->failure == PYB_OK)
		load->manifest->name = default_name(load);
}

enum pyb_status manifest_parse(const char *file, const char *text, size_t size,
			       struct manifest *manifest, struct manifest_problems *problems,
			       struct pyb_error *error)
{
	struct manifest_load load = {.file = file, .manifest = manifest, .error = error};
	enum pyb_status status = PYB_OK;
	*manifest = empty_manifest;
	*problems = (struct manifest_problems){NULL, 0};
	check_contents(&load, text, size);
	if (load.failure == PYB_OK && load.problem_count == 0)
		finish_manifest(&load);
	else if (load.failure == PYB_OK)
		status = PYB_ERR_INVALID;
	manifest_problems_finish(&load, problems);
	if (load.failure != PYB_OK) {
		manifest_problems_release(problems);
		status = load.failure;
	}
	if (status != PYB_OK)
		manifest_release(manifest);
	release_load(&load);
	return status;
}

/* Read all that is in `fd`, up to one byte more than a manifest may have. */
static enum pyb_status read_all(int fd, const char *path, char **ret, size_t *size,
				struct pyb_error *error)
{
	size_t room = 0;
	*size = 0;
	for (;;) {
		if (*size == room) {
			room = room == 0 ? READ_STEP : room * 2;
			char *text = realloc(*ret, room);
			if (text == NULL)
				return pyb_error_set(error, PYB_ERR_MEMORY,
						     "%s: no memory left to read the manifest",
						     path);
			*ret = text;
		}
		const ssize_t got = read(fd, *ret + *size, room - *size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pyb_error_set(error, PYB_ERR_IO, "%s: cannot read the manifest: %s",
					     path, strerror(errno));
		*size += (size_t)got;
		if (got == 0 || *size > MANIFEST_MAX_SIZE)
			return PYB_OK;
	}
}

enum pyb_status manifest_read(const char *path, struct manifest *manifest,
			      struct manifest_problems *problems, struct pyb_error *error)
{
	char *text = NULL;
	size_t size = 0;
	*manifest = empty_manifest;
	*problems = (struct manifest_problems){NULL, 0};
	const int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return pyb_error_set(error, PYB_ERR_IO, "%s: cannot open the manifest: %s", path,
				     strerror(errno));
	enum pyb_status status = read_all(fd, path, &text, &size, error);
	close(fd);
	if (status == PYB_OK)
		status = manifest_parse(path, text, size, manifest, problems, error);
	free(text);
	return status;
}

static void release_list(struct manifest_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	free(list->lines);
}

void manifest_release(struct manifest *manifest)
{
	free(manifest->file);
	free(manifest->name);
	free(manifest->python);
	free(manifest->entry);
	free(manifest->bootstrap);
	free(manifest->snapshot_program);
	release_list(&manifest->startup);
	release_list(&manifest->modules);
	release_list(&manifest->absent);
	release_list(&manifest->exclude);
	release_list(&manifest->paths);
	release_list(&manifest->from);
	release_list(&manifest->harmless);
	release_list(&manifest->variables);
	*manifest = empty_manifest;
}

void manifest_problems_release(struct manifest_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->lines[i]);
	free(problems->lines);
	*problems = (struct manifest_problems){NULL, 0};
}
