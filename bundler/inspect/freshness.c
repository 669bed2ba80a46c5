/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/freshness.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/resolve/entry_point.h"
#include "bundler/resolve/resolver.h"
#include "lib/header.h"
#include "lib/trust.h"

struct freshness {
	const struct pyb_reader *reader;
	struct manifest_list modules, absent, roots; /* strings in the bundle */
	struct manifest_list from;                   /* strings that are owned */
	char *called[2]; /* owned: modules of the entry point and the bootstrap function */
	struct resolution now;
	void *modules_now; /* tree of struct resolved_module, by name */
	finding_function *report;
	void *context;
	struct pyb_error *error;
};

static void find(struct freshness *freshness, const char *module, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void find(struct freshness *freshness, const char *module, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	freshness->report(freshness->context, module, text == NULL ? "it differs" : text);
	free(text);
}

static int compare_modules(const void *a, const void *b)
{
	return strcmp(((const struct resolved_module *)a)->name,
		      ((const struct resolved_module *)b)->name);
}

static void keep(void *node)
{
	(void)node; /* the nodes belong to the resolution */
}

/* The folders that were searched before sys.path, in the order in which they were. */
static enum pyb_status add_roots(struct freshness *freshness)
{
	const struct pyb_reader *const reader = freshness->reader;
	struct manifest_list *const roots = &freshness->roots;
	const uint32_t count = reader->directory_count;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		const struct pyb_directory *record;
		struct pyb_string path;

		status = pyb_reader_directory(reader, i, &record, &path, freshness->error);
		if (status == PYB_OK && record->root > 0 && record->root <= count)
			roots->items[record->root - 1] = (char *)path.text;
	}
	for (uint32_t i = 0; i < count; i++)
		if (roots->items[i] != NULL)
			roots->items[roots->count++] = roots->items[i];
	return status;
}

/* A module that is not where the search path leads to is looked for where it was. */
static enum pyb_status add_from(struct freshness *freshness, const struct pyb_module_view *view)
{
	struct manifest_list *const from = &freshness->from;
	const struct pyb_directory *folder;
	struct pyb_string path;
	char *item;

	if ((view->record->flags & PYB_MODULE_FLAG_PLACED) == 0)
		return PYB_OK;
	const enum pyb_status status = pyb_reader_directory(
		freshness->reader, view->record->directory, &folder, &path, freshness->error);
	if (status != PYB_OK)
		return status;
	if (asprintf(&item, "%s" MANIFEST_FROM_WORD "%s", view->name.text, path.text) < 0)
		return pyb_error_set(freshness->error, PYB_ERR_MEMORY, "out of memory");
	from->items[from->count++] = item;
	return PYB_OK;
}

/* The modules that a start calls, which the bundle need not have. */
static enum pyb_status add_called(struct freshness *freshness)
{
	const struct pyb_header *const header = freshness->reader->header;
	const char *const calls[] = {pyb_header_string(header, header->entry),
				     pyb_header_string(header, header->bootstrap)};

	for (int i = 0; i < 2; i++) {
		if (calls[i] == NULL || calls[i][0] == '/')
			continue;
		char *const name = strndup(calls[i], strcspn(calls[i], ":"));
		if (name == NULL)
			return pyb_error_set(freshness->error, PYB_ERR_MEMORY, "out of memory");
		freshness->called[i] = name;
		freshness->modules.items[freshness->modules.count++] = name;
	}
	return PYB_OK;
}

/* What to ask the interpreter for: everything that the bundle knows. */
static enum pyb_status gather(struct freshness *freshness)
{
	const struct pyb_reader *const reader = freshness->reader;
	const size_t count = (size_t)reader->module_count + 2;
	enum pyb_status status;

	freshness->modules.items = calloc(count, sizeof(char *));
	freshness->absent.items = calloc(count, sizeof(char *));
	freshness->from.items = calloc(count, sizeof(char *));
	freshness->roots.items = calloc((size_t)reader->directory_count + 1, sizeof(char *));
	if (freshness->modules.items == NULL || freshness->absent.items == NULL ||
	    freshness->from.items == NULL || freshness->roots.items == NULL)
		return pyb_error_set(freshness->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < reader->module_count; i++) {
		struct pyb_module_view view;

		status = pyb_reader_module(reader, i, &view, freshness->error);
		if (status != PYB_OK)
			return status;
		struct manifest_list *const list = view.record->kind == PYB_MODULE_ABSENT
							   ? &freshness->absent
							   : &freshness->modules;
		list->items[list->count++] = (char *)view.name.text;
		status = add_from(freshness, &view);
		if (status != PYB_OK)
			return status;
	}
	status = add_called(freshness);
	return status == PYB_OK ? add_roots(freshness) : status;
}

static bool same_build(const struct pyb_build_id *a, const struct pyb_build_id *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void compare_interpreter(struct freshness *freshness, const char *python)
{
	const struct pyb_fingerprint *const then = &freshness->reader->header->fingerprint;
	const struct pyb_fingerprint *const now = &freshness->now.fingerprint;

	if (then->version != now->version)
		find(freshness, NULL,
		     "the interpreter %s is now version %s; build the bundle again", python,
		     freshness->now.version);
	else if (then->bytecode_magic != now->bytecode_magic ||
		 then->marshal_version != now->marshal_version ||
		 memcmp(then->implementation, now->implementation, sizeof(now->implementation)) !=
			 0 ||
		 memcmp(then->soabi, now->soabi, sizeof(now->soabi)) != 0 ||
		 memcmp(then->cache_tag, now->cache_tag, sizeof(now->cache_tag)) != 0)
		find(freshness, NULL, "the interpreter %s is now of another kind (%s)", python,
		     now->soabi);
	else if (!same_build(&then->executable, &now->executable) ||
		 !same_build(&then->libpython, &now->libpython))
		find(freshness, NULL,
		     "the interpreter %s was replaced by another build of the same version; build "
		     "the bundle again",
		     python);
}

/* The flags that tell of a hash-based .pyc file. */
static unsigned int kind_of_pyc(const struct pyb_module *then)
{
	return then->flags & (PYB_MODULE_FLAG_HASHED | PYB_MODULE_FLAG_FROM_CACHED);
}

static unsigned int kind_of_now(const struct resolved_module *now)
{
	return (now->hashed ? PYB_MODULE_FLAG_HASHED : 0U) |
	       (now->from_cached ? PYB_MODULE_FLAG_FROM_CACHED : 0U);
}

static void compare_files(struct freshness *freshness, const struct pyb_module_view *view,
			  const struct resolved_module *now)
{
	const struct pyb_module *const then = view->record;
	const char *const name = view->name.text;
	const char *const file = now->from_cached ? now->cached : now->origin;

	if (strcmp(view->origin.text, now->origin) != 0)
		find(freshness, name, "%s is found now, not %s", now->origin, view->origin.text);
	else if ((uint8_t)now->kind != then->kind)
		find(freshness, name, "%s is now of another kind", now->origin);
	else if (then->kind == PYB_MODULE_SOURCE && kind_of_pyc(then) != kind_of_now(now))
		find(freshness, name, "its .pyc file %s came, went or is of another kind now",
		     now->cached);
	else if (now->file_size != then->file_size || now->source_hash != then->source_hash)
		find(freshness, name, "%s was changed", file);
	else if (now->mtime_ns != then->mtime_ns &&
		 freshness->reader->header->check != PYB_CHECK_HASH)
		find(freshness, name, "%s was touched", file);
}

static const char *note_text(const struct resolution *now, const char *name)
{
	for (uint32_t i = 0; i < now->note_count; i++)
		if (strcmp(now->notes[i].name, name) == 0)
			return now->notes[i].text;
	return "no such module is found by this interpreter";
}

static enum pyb_status compare_modules_now(struct freshness *freshness)
{
	const struct pyb_reader *const reader = freshness->reader;
	struct resolution *const now = &freshness->now;

	for (uint32_t i = 0; i < now->module_count; i++)
		if (tsearch(&now->modules[i], &freshness->modules_now, compare_modules) == NULL)
			return pyb_error_set(freshness->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < reader->module_count; i++) {
		struct pyb_module_view view;
		const enum pyb_status status =
			pyb_reader_module(reader, i, &view, freshness->error);

		if (status != PYB_OK)
			return status;
		if (view.record->kind == PYB_MODULE_ABSENT)
			continue;
		const struct resolved_module key = {.name = view.name.text};
		void *const *const node = tfind(&key, &freshness->modules_now, compare_modules);
		if (node == NULL)
			find(freshness, key.name, "%s; it was %s", note_text(now, key.name),
			     view.origin.text);
		else
			compare_files(freshness, &view, *node);
	}
	return PYB_OK;
}

static void compare_absent(struct freshness *freshness)
{
	const struct resolution *const now = &freshness->now;

	for (uint32_t i = 0; i < now->note_count; i++)
		if (now->notes[i].kind == NOTE_NOT_ABSENT)
			find(freshness, now->notes[i].name,
			     "it did not exist when the bundle was made, and is found now");
}

/* Modules that are in the bundle are compared anyway; these need not be. */
static void check_calls(struct freshness *freshness)
{
	const struct pyb_header *const header = freshness->reader->header;
	const char *const calls[] = {pyb_header_string(header, header->entry),
				     pyb_header_string(header, header->bootstrap)};
	static const char *const labels[] = {"the entry point", "the bootstrap function"};

	for (int i = 0; i < 2; i++) {
		struct pyb_error fault = {0};

		if (entry_check(calls[i], &freshness->now, &fault) != PYB_OK)
			find(freshness, NULL, "%s %s cannot be started: %s", labels[i], calls[i],
			     fault.text);
	}
}

static enum pyb_status compare(struct freshness *freshness, int seconds)
{
	const struct pyb_header *const header = freshness->reader->header;
	const char *const python = pyb_header_string(header, header->interpreter);
	struct pyb_error why = {0};
	const struct resolve_request request = {
		.python = python,
		.optimize = header->optimize,
		.detail = RESOLVE_HASHES,
		.modules = freshness->modules,
		.absent = freshness->absent,
		.paths = freshness->roots,
		.from = freshness->from,
		.seconds = seconds,
	};
	const enum pyb_status status = resolve(&request, NULL, &freshness->now, &why);

	if (status == PYB_ERR_MEMORY)
		return pyb_error_set(freshness->error, status, "%s", why.text);
	if (status != PYB_OK) {
		find(freshness, NULL, "%s", why.text);
		return PYB_OK;
	}
	compare_interpreter(freshness, python);
	const enum pyb_status result = compare_modules_now(freshness);
	if (result == PYB_OK)
		compare_absent(freshness);
	check_calls(freshness);
	return result;
}

enum pyb_status freshness_check(const struct pyb_reader *reader, const char *path,
				const struct stat *file, int seconds, finding_function *report,
				void *context, struct pyb_error *error)
{
	const char *const fault = pyb_trust_fault(file, geteuid());
	const char *const distrust = fault != NULL ? fault : pyb_trust_way(path, geteuid());
	struct freshness freshness = {
		.reader = reader, .report = report, .context = context, .error = error};

	if (distrust != NULL)
		return pyb_error_set(error, PYB_ERR_UNSAFE,
				     "%s. Until then the interpreter that it names is not started",
				     distrust);
	enum pyb_status status = gather(&freshness);

	if (status == PYB_OK)
		status = compare(&freshness, seconds);
	tdestroy(freshness.modules_now, keep);
	resolution_release(&freshness.now);
	free(freshness.modules.items);
	free(freshness.absent.items);
	free(freshness.roots.items);
	for (size_t i = 0; i < freshness.from.count; i++)
		free(freshness.from.items[i]);
	free(freshness.from.items);
	for (int i = 0; i < 2; i++)
		free(freshness.called[i]);
	return status;
}
