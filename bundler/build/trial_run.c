/* SPDX-License-Identifier: MIT */
#include "bundler/build/trial_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/build/marshal.h"
#include "bundler/process/child.h"
#include "bundler/process/records.h"
#include "bundler/process/scripts.h"
#include "lib/distribution.h"
#include "lib/memo_writer.h"

/* What is known while the interpreter runs. */
struct stage {
	struct pyb_memo_writer regexes, generated, metadata;
	uint32_t python_version; /* sys.hexversion */
	bool has_regexes;        /* its compiled patterns are of the kind that a bundle holds */
	bool is_complete;        /* it came to the end */
	bool is_late;            /* it was ended because a module took too long */
	struct pyb_buffer at;    /* name of the module that it imports, with a NUL */
	uint32_t names_left;     /* of those that it was asked to import */
	struct pyb_buffer value; /* of the entry at hand */
	struct pyb_error *error;
};

static enum pyb_status not_understood(struct stage *stage)
{
	return pyb_error_set(stage->error, PYB_ERR_DAMAGED, "a record is malformed");
}

/* --- what the interpreter tells */

static struct pyb_bytes take_bytes(struct cursor *cursor)
{
	struct pyb_bytes bytes;

	bytes.data = cursor_bytes(cursor, &bytes.size);
	return bytes;
}

/* S: the kind of compiled patterns */
static enum pyb_status take_kind(struct stage *stage, struct cursor *cursor)
{
	stage->regexes.tag = cursor_u32(cursor);
	stage->has_regexes = cursor_u32(cursor) == sizeof(uint32_t);
	return cursor_is_done(cursor) ? PYB_OK : not_understood(stage);
}

/* N: the module that is imported next */
static enum pyb_status take_name(struct stage *stage, struct cursor *cursor)
{
	const char *const name = cursor_text(cursor);

	if (!cursor_is_done(cursor) || stage->names_left == 0)
		return not_understood(stage);
	stage->names_left--;
	stage->at.size = 0;
	return pyb_buffer_append(&stage->at, name, strlen(name) + 1, stage->error);
}

/* The names of a pattern's groups: first their numbers and sizes, then their texts. */
static enum pyb_status put_names(struct stage *stage, struct cursor *cursor, uint32_t count)
{
	const struct cursor start = *cursor;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		struct pyb_regex_name name = {.group = cursor_u32(cursor)};
		name.size = (uint32_t)strlen(cursor_text(cursor));
		if (cursor->bad)
			return not_understood(stage);
		status = pyb_buffer_append(&stage->value, &name, sizeof(name), stage->error);
	}
	*cursor = start;
	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		(void)cursor_u32(cursor);
		const char *const text = cursor_text(cursor);
		status = pyb_buffer_append(&stage->value, text, strlen(text), stage->error);
	}
	return status;
}

/* Add the value at hand under the key. */
static enum pyb_status add(struct stage *stage, struct pyb_memo_writer *writer,
			   const struct pyb_memo_key *key)
{
	const struct pyb_bytes value = {.data = stage->value.data, .size = stage->value.size};

	return pyb_memo_writer_add(writer, key, &value, stage->error);
}

/* R: a compiled pattern */
static enum pyb_status take_regex(struct stage *stage, struct cursor *cursor)
{
	const uint8_t unit = cursor_u8(cursor);
	const uint32_t given = cursor_u32(cursor);
	struct pyb_regex regex = {.flags = cursor_u32(cursor)};
	regex.groups = cursor_u32(cursor);
	const struct pyb_memo_key key = {.text = take_bytes(cursor),
					 .qualifier = PYB_REGEX_QUALIFIER(unit, given)};
	const struct pyb_bytes code = take_bytes(cursor);
	struct pyb_regex_view checked;
	enum pyb_status status;

	regex.code_count = (uint32_t)(code.size / sizeof(uint32_t));
	regex.name_count = cursor_u32(cursor);
	stage->value.size = 0;
	status = pyb_buffer_append(&stage->value, &regex, sizeof(regex), stage->error);
	if (status == PYB_OK)
		status = pyb_buffer_append(&stage->value, code.data,
					   regex.code_count * sizeof(uint32_t), stage->error);
	if (status == PYB_OK)
		status = put_names(stage, cursor, regex.name_count);
	if (status != PYB_OK)
		return status;
	const struct pyb_bytes value = {.data = stage->value.data, .size = stage->value.size};
	if (!cursor_is_done(cursor) || unit > 4 || unit == 3 ||
	    (unit > 0 && key.text.size % unit != 0) ||
	    pyb_regex_open(&value, &checked, NULL) != PYB_OK)
		return not_understood(stage);
	return stage->has_regexes ? add(stage, &stage->regexes, &key) : PYB_OK;
}

/* G: a source and its code. One that cannot be put into canonical form is left out. */
static enum pyb_status take_generated(struct stage *stage, struct cursor *cursor)
{
	const uint8_t mode = cursor_u8(cursor);
	const uint32_t flags = cursor_u32(cursor);
	const char *const name = cursor_text(cursor);
	const struct pyb_memo_key key = {
		.name = {.data = (const uint8_t *)name, .size = strlen(name)},
		.text = take_bytes(cursor),
		.qualifier = PYB_GENERATED_QUALIFIER(mode, flags),
	};
	const struct pyb_bytes code = take_bytes(cursor);

	if (!cursor_is_done(cursor) || mode > PYB_SOURCE_SINGLE)
		return not_understood(stage);
	stage->value.size = 0;
	const enum pyb_status status =
		marshal_canonical(code.data, code.size, stage->python_version, MARSHAL_SORT_SETS,
				  &stage->value, stage->error);
	if (status == PYB_ERR_UNSUPPORTED) {
		*stage->error = (struct pyb_error){0};
		return PYB_OK;
	}
	return status == PYB_OK ? add(stage, &stage->generated, &key) : status;
}

static enum pyb_status add_metadata(struct stage *stage, const char *text,
				    enum pyb_metadata_kind kind, const struct pyb_bytes *value)
{
	const struct pyb_memo_key key = {
		.text = {.data = (const uint8_t *)text, .size = strlen(text)}, .qualifier = kind};

	return text[0] == '\0' ? not_understood(stage)
			       : pyb_memo_writer_add(&stage->metadata, &key, value, stage->error);
}

/* W: what the distributions depend on */
static enum pyb_status take_witnesses(struct stage *stage, struct cursor *cursor)
{
	const char *const name = cursor_text(cursor);
	const struct pyb_bytes value = take_bytes(cursor);

	if (!cursor_is_done(cursor) || pyb_witnesses_check(&value, NULL) != PYB_OK)
		return not_understood(stage);
	return add_metadata(stage, name, PYB_METADATA_WITNESSES, &value);
}

/* D: a distribution, of which the files come first */
static enum pyb_status take_distribution(struct stage *stage, struct cursor *cursor)
{
	const char *const path = cursor_text(cursor);
	struct pyb_file_facts files[PYB_DISTRIBUTION_FILES];

	for (int i = 0; i < PYB_DISTRIBUTION_FILES; i++) {
		files[i].inode = cursor_u64(cursor);
		files[i].mtime_ns = (int64_t)cursor_u64(cursor);
		files[i].ctime_ns = (int64_t)cursor_u64(cursor);
		files[i].size = cursor_u64(cursor);
	}
	const struct pyb_bytes items = take_bytes(cursor);
	stage->value.size = 0;
	enum pyb_status status =
		pyb_buffer_append(&stage->value, files, sizeof(files), stage->error);
	if (status == PYB_OK)
		status = pyb_buffer_append(&stage->value, items.data, items.size, stage->error);
	if (status != PYB_OK)
		return status;
	const struct pyb_bytes value = {.data = stage->value.data, .size = stage->value.size};
	if (!cursor_is_done(cursor) || pyb_distribution_verify(&value, NULL) != PYB_OK)
		return not_understood(stage);
	return add_metadata(stage, path, PYB_METADATA_DISTRIBUTION, &value);
}

static enum pyb_status take(struct stage *stage, const struct record *record)
{
	struct cursor cursor = record_cursor(record);

	switch (record->type) {
	case 'S':
		return take_kind(stage, &cursor);
	case 'N':
		return take_name(stage, &cursor);
	case 'R':
		return take_regex(stage, &cursor);
	case 'G':
		return take_generated(stage, &cursor);
	case 'W':
		return take_witnesses(stage, &cursor);
	case 'D':
		return take_distribution(stage, &cursor);
	case 'E':
		stage->is_complete = true;
		return PYB_OK;
	default:
		return not_understood(stage);
	}
}

static enum pyb_status listen(struct stage *stage, struct child *child)
{
	enum pyb_status status = PYB_OK;
	bool end = false;

	while (status == PYB_OK && !end && !stage->is_complete) {
		struct record record;
		status = record_read(child->answer, &record, &end, stage->error);
		if (status == PYB_OK && !end)
			status = take(stage, &record);
		/* Whatever else it tells, a module whose body has no end makes no progress. */
		if (record.type == 'N')
			child_progress(child);
		record_release(&record);
	}
	return status;
}

/* --- the run */

static bool is_to_be_imported(const struct resolved_module *module)
{
	const char *const dot = strrchr(module->name, '.');

	/* A program, which does its work when it is imported. */
	return module->startup && strcmp(dot == NULL ? module->name : dot + 1, "__main__") != 0;
}

/* Ask for the startup modules in front of `last`; NULL: all of them. */
static enum pyb_status encode(const struct resolve_request *request,
			      const struct resolution *resolution, const char *last,
			      struct stage *stage, struct pyb_buffer *buffer)
{
	struct pyb_error *const error = stage->error;
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < request->paths.count && status == PYB_OK; i++)
		status = record_append(buffer, 'p', request->paths.items[i],
				       strlen(request->paths.items[i]), error);
	for (uint32_t i = 0; i < resolution->module_count && status == PYB_OK; i++) {
		const struct resolved_module *const module = &resolution->modules[i];
		if (last != NULL && strcmp(module->name, last) == 0)
			break;
		if (!is_to_be_imported(module))
			continue;
		status = record_append(buffer, 'n', module->name, strlen(module->name), error);
		stage->names_left++;
	}
	return status;
}

static bool has_startup(const struct resolution *resolution)
{
	for (uint32_t i = 0; i < resolution->module_count; i++)
		if (is_to_be_imported(&resolution->modules[i]))
			return true;
	return false;
}

/* The module that it stopped at; NULL before the first. */
static const char *stopped_at(const struct stage *stage)
{
	return stage->at.size > 0 ? (const char *)stage->at.data : NULL;
}

/* What happened if it did not come to the end, and what to do about it. */
static void explain(const struct stage *stage, const struct child_end *end, enum pyb_status status,
		    struct pyb_error *fault)
{
	const char *const at = stopped_at(stage);
	char why[PYB_ERROR_TEXT_SIZE + 32] = "ended";

	if (end->is_late)
		snprintf(why, sizeof(why), "needed longer than %d s", end->seconds);
	else if (!child_describe(end, why, sizeof(why)) && status != PYB_OK)
		snprintf(why, sizeof(why), "was not understood (%s)", stage->error->text);
	pyb_error_set(fault, PYB_ERR_IO,
		      "it stopped early%s%s: the interpreter %s; what came before is used. If it "
		      "always does, leave that module out of 'startup', or say 'trial_run: no' "
		      "in the manifest",
		      at != NULL ? ", at module " : "", at != NULL ? at : "", why);
	*stage->error = (struct pyb_error){0};
}

/* Run the trial run up to the module `last`; NULL: to the end. */
static enum pyb_status run(const struct trial_run_plan *plan, const char *hash_seed,
			   const char *last, struct stage *stage, struct pyb_error *fault)
{
	static const struct child_script script = {.name = "trial_run.py",
						   .text = trial_run_script};
	const struct child_manners manners = {.without_site = true,
					      .is_silent = true,
					      .optimize = plan->request->optimize,
					      .seconds = plan->seconds,
					      .hash_seed = hash_seed};
	struct pyb_buffer encoded = {0};
	struct child child = CHILD_INIT;
	struct child_end end;
	enum pyb_status status = encode(plan->request, plan->resolution, last, stage, &encoded);

	if (status == PYB_OK)
		status =
			child_start(&child, &script, &manners, plan->request->python, stage->error);
	if (status == PYB_OK) {
		child_send(&child, encoded.data, encoded.size);
		status = listen(stage, &child);
	}
	child_finish(&child, stage->is_complete, &end);
	stage->is_late = end.is_late;
	if (status != PYB_ERR_MEMORY && !stage->is_complete)
		explain(stage, &end, status, fault);
	pyb_buffer_release(&encoded);
	return status == PYB_ERR_MEMORY ? status : PYB_OK;
}

static void strike(struct stage *stage)
{
	pyb_memo_writer_release(&stage->regexes);
	pyb_memo_writer_release(&stage->generated);
	pyb_memo_writer_release(&stage->metadata);
	pyb_buffer_release(&stage->at);
	pyb_buffer_release(&stage->value);
}

/* What both runs compiled is of use to a third. */
static enum pyb_status keep_common(const struct stage *first, const struct stage *second,
				   struct trial_run *trial_run, struct pyb_error *error)
{
	struct pyb_memo_writer regexes = {.tag = first->regexes.tag}, generated = {0},
			       metadata = {0};
	enum pyb_status status =
		pyb_memo_writer_add_common(&regexes, &first->regexes, &second->regexes, error);

	if (status == PYB_OK)
		status = pyb_memo_writer_add_common(&generated, &first->generated,
						    &second->generated, error);
	if (status == PYB_OK)
		status = pyb_memo_writer_add_common(&metadata, &first->metadata, &second->metadata,
						    error);
	if (status == PYB_OK)
		status = pyb_memo_writer_finish(&regexes, &trial_run->regexes, error);
	if (status == PYB_OK)
		status = pyb_memo_writer_finish(&generated, &trial_run->generated, error);
	if (status == PYB_OK)
		status = pyb_memo_writer_finish(&metadata, &trial_run->metadata, error);
	trial_run->regex_count = regexes.entry_count;
	trial_run->generated_count = generated.entry_count;
	trial_run->metadata_count = metadata.entry_count;
	pyb_memo_writer_release(&regexes);
	pyb_memo_writer_release(&generated);
	pyb_memo_writer_release(&metadata);
	return status;
}

/*
 * Texts with addresses in them, or in the order of a set, are others in each run. A module that took
 * too long once is not tried again.
 */
enum pyb_status make_trial_run(const struct trial_run_plan *plan, struct trial_run *trial_run,
			       struct pyb_error *error)
{
	struct stage stages[2] = {0};
	struct stage *const first = &stages[0], *const second = &stages[1];
	enum pyb_status status;

	*trial_run = (struct trial_run){0};
	if (!has_startup(plan->resolution))
		return PYB_OK;
	for (int i = 0; i < 2; i++) {
		stages[i].python_version = plan->resolution->fingerprint.version;
		stages[i].error = error;
	}
	status = run(plan, "PYTHONHASHSEED=0", NULL, first, &trial_run->fault);
	const char *const last = first->is_late ? stopped_at(first) : NULL;
	if (status == PYB_OK && (last != NULL || !first->is_late))
		status = run(plan, "PYTHONHASHSEED=1", last, second, &trial_run->fault);
	if (status == PYB_OK)
		status = keep_common(first, second, trial_run, error);
	strike(first);
	strike(second);
	return status;
}

void trial_run_release(struct trial_run *trial_run)
{
	pyb_buffer_release(&trial_run->regexes);
	pyb_buffer_release(&trial_run->generated);
	pyb_buffer_release(&trial_run->metadata);
	*trial_run = (struct trial_run){0};
}
