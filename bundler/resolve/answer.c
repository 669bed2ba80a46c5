/* SPDX-License-Identifier: MIT */
#include "bundler/resolve/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/digest.h"

/* Of one answer; one that is larger has no end. */
enum { RECORDS_MAX = 1 << 22 };
static const uint64_t size_max = (uint64_t)1 << 32;

enum { SHOWN_EVERY = 16 }; /* modules */

static enum pyb_status bad_record(struct answer *answer, const char *what)
{
	return pyb_error_set(answer->error, PYB_ERR_DAMAGED,
			     "the interpreter sent a bad description of %s", what);
}

static bool copy_name(char *field, size_t size, const char *text)
{
	const size_t length = strlen(text);

	if (length == 0 || length >= size)
		return false;
	memcpy(field, text, length + 1);
	return true;
}

static enum pyb_status take_fingerprint(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct pyb_fingerprint *const fingerprint = &resolution->fingerprint;

	fingerprint->version = cursor_u32(cursor);
	fingerprint->bytecode_magic = cursor_u32(cursor);
	fingerprint->marshal_version = cursor_u32(cursor);
	const char *const implementation = cursor_text(cursor);
	const char *const soabi = cursor_text(cursor);
	const char *const cache_tag = cursor_text(cursor);
	resolution->executable = cursor_text(cursor);
	answer->real_executable = cursor_text(cursor);
	answer->libpython = cursor_text(cursor);
	resolution->version = cursor_text(cursor);
	if (!cursor_is_done(cursor) || answer->has_fingerprint || resolution->executable[0] != '/')
		return bad_record(answer, "itself");
	if (!copy_name(fingerprint->implementation, sizeof(fingerprint->implementation),
		       implementation) ||
	    !copy_name(fingerprint->soabi, sizeof(fingerprint->soabi), soabi) ||
	    !copy_name(fingerprint->cache_tag, sizeof(fingerprint->cache_tag), cache_tag))
		return pyb_error_set(answer->error, PYB_ERR_UNSUPPORTED,
				     "%s (%s) is no interpreter that bundles can be made for",
				     resolution->executable, implementation);
	answer->has_fingerprint = true;
	return PYB_OK;
}

static enum pyb_status take_directory(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct resolved_directory directory = {.path = cursor_text(cursor)};

	directory.mtime_ns = (int64_t)cursor_u64(cursor);
	directory.ctime_ns = (int64_t)cursor_u64(cursor);
	directory.inode = cursor_u64(cursor);
	directory.sys_path = cursor_u32(cursor);
	directory.root = cursor_u32(cursor);
	directory.missing = cursor_u8(cursor) != 0;
	if (!cursor_is_done(cursor) || directory.path[0] != '/')
		return bad_record(answer, "a folder");
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->directories, resolution->directory_count,
			       sizeof(directory), answer->error);
	if (status == PYB_OK)
		resolution->directories[resolution->directory_count++] = directory;
	return status;
}

/* The names of what can be a module in a folder. */
static enum pyb_status take_listing(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	const uint32_t number = cursor_u32(cursor);
	uint64_t entries = 0;

	while (cursor->left > 0 && !cursor->bad) {
		const char *const name = cursor_text(cursor);
		entries = pyb_digest_with_name(entries, name, strlen(name));
	}
	if (!cursor_is_done(cursor) || number >= resolution->directory_count ||
	    resolution->directories[number].missing || resolution->directories[number].listed)
		return bad_record(answer, "what is in a folder");
	resolution->directories[number].listed = true;
	resolution->directories[number].entries = entries;
	return PYB_OK;
}

static bool is_number(uint32_t number, uint32_t count)
{
	return number == PYB_NONE || number < count;
}

/* Of what was not found there is nothing to tell. */
static bool is_blank(const struct resolved_module *module)
{
	return module->origin[0] == '\0' && module->cached[0] == '\0' && module->mtime_ns == 0 &&
	       module->file_size == 0 && !module->package && !module->startup && !module->placed &&
	       !module->linked;
}

static bool is_consistent(const struct answer *answer, const struct resolved_module *module)
{
	const uint32_t directories = answer->resolution->directory_count;
	const bool absent = module->kind == PYB_MODULE_ABSENT;

	return module->name[0] != '\0' && module->kind >= PYB_MODULE_SOURCE &&
	       module->kind <= PYB_MODULE_ABSENT && is_number(module->directory, directories) &&
	       is_number(module->package_directory, directories) &&
	       (absent ? is_blank(module)
		       : module->origin[0] == '/' && module->directory != PYB_NONE) &&
	       module->package == (module->package_directory != PYB_NONE) &&
	       (module->kind == PYB_MODULE_SOURCE ||
		(module->code_size == 0 && module->source_hash == 0 && !module->hashed &&
		 !module->from_cached && !module->is_reused)) &&
	       (!module->from_cached || (module->cached[0] != '\0' && !module->hashed)) &&
	       (!module->is_reused || (module->code_size == 0 && !module->from_cached));
}

/* Those that exchange.py names. */
static bool take_flags(struct resolved_module *module, uint8_t flags)
{
	enum { SETS_IN_ORDER = 1, HASHED = 2, FROM_CACHED = 4, REUSED = 8, LINKED = 16, ALL = 31 };

	module->sets_in_order = (flags & SETS_IN_ORDER) != 0;
	module->hashed = (flags & HASHED) != 0;
	module->from_cached = (flags & FROM_CACHED) != 0;
	module->is_reused = (flags & REUSED) != 0;
	module->linked = (flags & LINKED) != 0;
	return (flags & ~ALL) == 0;
}

static enum pyb_status take_module(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct resolved_module module = {.kind = cursor_u8(cursor)};

	module.package = cursor_u8(cursor) != 0;
	module.startup = cursor_u8(cursor) != 0;
	module.placed = cursor_u8(cursor) != 0;
	const uint8_t flags = cursor_u8(cursor);
	module.directory = cursor_u32(cursor);
	module.package_directory = cursor_u32(cursor);
	module.mtime_ns = (int64_t)cursor_u64(cursor);
	module.file_size = cursor_u64(cursor);
	module.source_hash = cursor_u64(cursor);
	module.name = cursor_text(cursor);
	module.origin = cursor_text(cursor);
	module.cached = cursor_text(cursor);
	module.code = cursor_bytes(cursor, &module.code_size);
	if (!take_flags(&module, flags) || !cursor_is_done(cursor) ||
	    !is_consistent(answer, &module))
		return bad_record(answer, "a module");
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->modules, resolution->module_count,
			       sizeof(module), answer->error);
	if (status == PYB_OK)
		resolution->modules[resolution->module_count++] = module;
	return status;
}

static enum pyb_status take_shadow(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct pyb_shadow shadow = {.directory = cursor_u32(cursor)};

	shadow.module = cursor_u32(cursor);
	if (!cursor_is_done(cursor) || shadow.directory >= resolution->directory_count ||
	    shadow.module >= resolution->module_count)
		return bad_record(answer, "a shadow");
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->shadows, resolution->shadow_count,
			       sizeof(shadow), answer->error);
	if (status == PYB_OK)
		resolution->shadows[resolution->shadow_count++] = shadow;
	return status;
}

static enum pyb_status take_note(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct resolved_note note = {.kind = cursor_u8(cursor)};

	note.name = cursor_text(cursor);
	note.text = cursor_text(cursor);
	if (!cursor_is_done(cursor) || strchr("mpcsba", (int)note.kind) == NULL || note.kind == 0)
		return bad_record(answer, "a problem");
	const enum pyb_status status = pyb_array_grow(
		(void **)&resolution->notes, resolution->note_count, sizeof(note), answer->error);
	if (status == PYB_OK)
		resolution->notes[resolution->note_count++] = note;
	return status;
}

static enum pyb_status take_pth_file(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct resolved_pth_file file = {.directory = cursor_u32(cursor)};
	const uint32_t count = resolution->pth_file_count;

	file.name = cursor_text(cursor);
	if (!cursor_is_done(cursor) || file.directory >= resolution->directory_count ||
	    strchr(file.name, '/') != NULL ||
	    (file.name[0] != '\0' &&
	     (count == 0 || resolution->pth_files[count - 1].directory != file.directory)))
		return bad_record(answer, "a .pth file");
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->pth_files, count, sizeof(file), answer->error);
	if (status == PYB_OK)
		resolution->pth_files[resolution->pth_file_count++] = file;
	return status;
}

static enum pyb_status take_frozen(struct answer *answer, struct cursor *cursor)
{
	struct resolution *const resolution = answer->resolution;
	struct resolved_frozen module = {.startup = cursor_u8(cursor) != 0};

	module.name = cursor_text(cursor);
	module.code = cursor_bytes(cursor, &module.code_size);
	if (!cursor_is_done(cursor) || module.name[0] == '\0' || module.code_size == 0)
		return bad_record(answer, "a frozen module");
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->frozen, resolution->frozen_count,
			       sizeof(module), answer->error);
	if (status == PYB_OK)
		resolution->frozen[resolution->frozen_count++] = module;
	return status;
}

static enum pyb_status take_progress(struct answer *answer, struct cursor *cursor)
{
	const uint32_t done = cursor_u32(cursor);
	const uint32_t total = cursor_u32(cursor);
	const char *const name = cursor_text(cursor);

	if (!cursor_is_done(cursor))
		return bad_record(answer, "its progress");
	snprintf(answer->at, sizeof(answer->at), "%s", name);
	if (answer->progress != NULL && total > 0 && done % SHOWN_EVERY == 0)
		progress_show(answer->progress, done, total);
	return PYB_OK;
}

static enum pyb_status take_end(struct answer *answer, struct cursor *cursor)
{
	const uint32_t count = cursor_u32(cursor);

	if (!cursor_is_done(cursor) || count != answer->resolution->module_count)
		return bad_record(answer, "the end");
	answer->is_complete = true;
	return PYB_OK;
}

static enum pyb_status take_payload(struct answer *answer, uint8_t type, struct cursor *cursor)
{
	if (type != 'F' && !answer->has_fingerprint)
		return bad_record(answer, "itself");
	switch (type) {
	case 'F':
		return take_fingerprint(answer, cursor);
	case 'D':
		return take_directory(answer, cursor);
	case 'L':
		return take_listing(answer, cursor);
	case 'M':
		return take_module(answer, cursor);
	case 'S':
		return take_shadow(answer, cursor);
	case 'N':
		return take_note(answer, cursor);
	case 'T':
		return take_pth_file(answer, cursor);
	case 'Z':
		return take_frozen(answer, cursor);
	case 'P':
		return take_progress(answer, cursor);
	case 'E':
		return take_end(answer, cursor);
	default:
		return bad_record(answer, "something unknown");
	}
}

/* Keep what the strings of a record lie in. */
static enum pyb_status keep_payload(struct answer *answer, struct record *record)
{
	struct resolution *const resolution = answer->resolution;
	const enum pyb_status status =
		pyb_array_grow((void **)&resolution->payloads, resolution->payload_count,
			       sizeof(void *), answer->error);

	if (status == PYB_OK) {
		resolution->payloads[resolution->payload_count++] = record->payload;
		*record = (struct record){0};
	}
	return status;
}

enum pyb_status answer_take(struct answer *answer, struct record *record)
{
	struct cursor cursor = record_cursor(record);
	const uint8_t type = record->type;
	enum pyb_status status = PYB_OK;

	answer->record_count++;
	answer->size += record->size;
	if (answer->record_count > RECORDS_MAX || answer->size > size_max)
		status = pyb_error_set(answer->error, PYB_ERR_DAMAGED,
				       "it is too long, as if it had no end");
	if (status == PYB_OK && type != 'P')
		status = keep_payload(answer, record);
	if (status == PYB_OK)
		status = take_payload(answer, type, &cursor);
	record_release(record);
	return status;
}

void resolution_release(struct resolution *resolution)
{
	for (uint32_t i = 0; i < resolution->payload_count; i++)
		free(resolution->payloads[i]);
	free(resolution->payloads);
	free(resolution->directories);
	free(resolution->modules);
	free(resolution->notes);
	free(resolution->shadows);
	free(resolution->pth_files);
	free(resolution->frozen);
	*resolution = (struct resolution){0};
}
