/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/snapshot_list.h"

#include <inttypes.h>
#include <string.h>

#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"

enum { GUARD_TEXT_SIZE = 8192 };

enum { SOURCES = SEGMENT_BUNDLE + 1 };

static const char *const source_names[SOURCES] = {
	[SEGMENT_ZERO] = "zero",
	[SEGMENT_PAGES] = "pages",
	[SEGMENT_FILE] = "files",
	[SEGMENT_BUNDLE] = "bundle",
};

/* Segments of one source. */
struct sum {
	uint32_t count;
	uint64_t size;
};

static void add_up(const struct snapshot *snapshot, struct sum sums[SOURCES])
{
	memset(sums, 0, SOURCES * sizeof(*sums));
	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		struct sum *const sum = &sums[snapshot->segments[i].source];
		sum->count++;
		sum->size += snapshot->segments[i].size;
	}
}

static bool is_private(const struct opened *opened)
{
	return (opened->status.st_mode & (S_IRGRP | S_IROTH)) == 0;
}

static bool has_snapshot(const struct opened *opened)
{
	return pyb_reader_section(&opened->reader, PYB_SECTION_SNAPSHOT) != NULL;
}

/* One that a later version has written is shown as that: *fault has its text, and PYB_OK is returned. */
static enum pyb_status find(const struct opened *opened, struct snapshot *snapshot,
			    struct pyb_error *fault, struct pyb_error *error)
{
	const enum pyb_status status = pyb_snapshot_find(&opened->reader, snapshot, fault);

	if (status == PYB_OK || status == PYB_ERR_UNSUPPORTED)
		return PYB_OK;
	return pyb_error_set(error, status, "%s", fault->text);
}

static void describe(const struct snapshot *snapshot, uint32_t guard, char text[GUARD_TEXT_SIZE])
{
	pyb_guard_describe(snapshot, &snapshot->guards[guard], text, GUARD_TEXT_SIZE);
}

enum pyb_status snapshot_list(const struct opened *opened, bool all, struct pyb_error *error)
{
	struct pyb_error fault = {0};
	char text[GUARD_TEXT_SIZE];
	struct snapshot snapshot;
	struct sum sums[SOURCES];

	if (!has_snapshot(opened))
		return PYB_OK;
	const enum pyb_status status = find(opened, &snapshot, &fault, error);
	if (status != PYB_OK)
		return status;
	if (fault.status != PYB_OK) {
		printf("%-12s %s\n", "snapshot", fault.text);
		return PYB_OK;
	}
	add_up(&snapshot, sums);
	printf("%-12s %" PRIu32 " guards, %" PRIu32 " fix-ups, for %s\n", "snapshot",
	       snapshot.guard_count, snapshot.fixup_count,
	       is_private(opened) ? "its owner alone" : "all who may read it");
	for (size_t i = 0; i < SOURCES; i++)
		printf("%-12s %-12s %10" PRIu64 " bytes in %" PRIu32 "\n", i == 0 ? "segments" : "",
		       source_names[i], sums[i].size, sums[i].count);
	for (uint32_t i = 0; i < snapshot.guard_count && all; i++) {
		describe(&snapshot, i, text);
		printf("%-12s %s\n", i == 0 ? "guards" : "", text);
	}
	return PYB_OK;
}

static void add_segments(struct json *json, const struct snapshot *snapshot)
{
	struct sum sums[SOURCES];

	add_up(snapshot, sums);
	json_open(json, "segments", '[');
	for (size_t i = 0; i < SOURCES; i++) {
		json_open(json, NULL, '{');
		json_string(json, "kind", source_names[i]);
		json_number(json, "count", sums[i].count);
		json_number(json, "size", (int64_t)sums[i].size);
		json_close(json);
	}
	json_close(json);
}

static void add_texts(struct json *json, const struct snapshot *snapshot)
{
	char text[GUARD_TEXT_SIZE];

	json_open(json, "files", '[');
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		json_string(json, NULL, snapshot->strings + snapshot->files[i].path);
	json_close(json);
	json_open(json, "guards", '[');
	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		describe(snapshot, i, text);
		json_string(json, NULL, text);
	}
	json_close(json);
}

enum pyb_status snapshot_list_as_json(const struct opened *opened, struct json *json,
				      struct pyb_error *error)
{
	struct pyb_error fault = {0};
	struct snapshot snapshot;

	if (!has_snapshot(opened)) {
		json_string(json, "snapshot", NULL);
		return PYB_OK;
	}
	const enum pyb_status status = find(opened, &snapshot, &fault, error);
	if (status != PYB_OK)
		return status;
	json_open(json, "snapshot", '{');
	if (fault.status != PYB_OK) {
		json_string(json, "unsupported", fault.text);
		json_close(json);
		return PYB_OK;
	}
	json_bool(json, "private", is_private(opened));
	json_number(json, "fixups", snapshot.fixup_count);
	json_number(json, "pages_size", (int64_t)snapshot.pages_size);
	add_segments(json, &snapshot);
	add_texts(json, &snapshot);
	json_close(json);
	return PYB_OK;
}
