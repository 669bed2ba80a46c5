/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/snapshot_list.h"

#include <inttypes.h>
#include <string.h>

#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"
#include "lib/snapshot_process.h"

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

/* --- as lines */

/* What the importer makes new in each start (importer/resume/renew/). */
static const char *const renewed[] = {"environment",
				      "command line",
				      "options",
				      "thread",
				      "time zone",
				      "standard streams",
				      "modules of the standard library",
				      "signals"};

enum { RENEWED = sizeof(renewed) / sizeof(renewed[0]) };

static void print_memory(const struct snapshot *snapshot)
{
	static const char *const texts[SOURCES] = {
		[SEGMENT_ZERO] = "of zeros",
		[SEGMENT_PAGES] = "from section pages",
		[SEGMENT_FILE] = "from files",
		[SEGMENT_BUNDLE] = "from other sections of the bundle",
	};
	struct sum sums[SOURCES];

	add_up(snapshot, sums);
	for (size_t i = 0; i < SOURCES; i++)
		printf("%-12s %10" PRIu64 " bytes in %2" PRIu32 " segments %s\n",
		       i == 0 ? "memory" : "", sums[i].size, sums[i].count, texts[i]);
}

static uint64_t size_of_ranges(const struct snapshot *snapshot)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < snapshot->range_count; i++)
		size += snapshot->ranges[i].size;
	return size;
}

static void print_ranges(const struct snapshot *snapshot)
{
	printf("%-12s %10" PRIu64 " bytes in %2" PRIu32 " ranges, which every start writes to\n",
	       "at once", size_of_ranges(snapshot), snapshot->range_count);
}

static void print_renewed(const struct snapshot *snapshot)
{
	printf("%-12s ", "made new");
	for (size_t i = 0; i < RENEWED; i++)
		printf("%s, ", renewed[i]);
	printf("%" PRIu32 " words (fix-ups)\n", snapshot->fixup_count);
}

/* Of files that are mapped the restore looks whether they are the same. */
static void print_guards(const struct snapshot *snapshot)
{
	const char *label = "guards";
	char text[GUARD_TEXT_SIZE];

	for (unsigned i = 0; pyb_process_describe(&snapshot->process, i, text, sizeof(text)); i++) {
		printf("%-12s %s\n", label, text);
		label = "";
	}
	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		pyb_guard_describe(snapshot, &snapshot->guards[i], text, sizeof(text));
		printf("%-12s %s\n", "", text);
	}
	for (uint32_t i = 0; i < snapshot->file_count; i++) {
		fputs("             the file ", stdout);
		opened_print(snapshot->strings + snapshot->files[i].path,
			     strlen(snapshot->strings + snapshot->files[i].path));
		puts(", which is mapped, is the same");
	}
}

/* The script that it is for; NULL: it is for any program. */
static const char *find_script(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->guard_count; i++)
		if (snapshot->guards[i].kind == GUARD_SCRIPT)
			return snapshot->strings + snapshot->guards[i].value;
	return NULL;
}

static void print_words(const char *words)
{
	enum { WIDTH = 100 };
	size_t used = WIDTH;

	for (size_t length; *words != '\0'; words += length + (words[length] != '\0')) {
		length = strcspn(words, " ");
		if (used + 1 + length > WIDTH)
			used = (size_t)printf("\n%-12s", "") - 1;
		putchar(' ');
		opened_print(words, length);
		used += 1 + length;
	}
}

static void print_script(const struct opened *opened, const struct snapshot *snapshot, bool all)
{
	const struct pyb_bytes why = pyb_reader_bytes(&opened->reader, PYB_SECTION_NO_SNAPSHOT);
	const char *const script = find_script(snapshot);

	if (script != NULL) {
		printf("%-12s ", "for");
		opened_print(script, strlen(script));
		printf(" alone, with %" PRIu32 " modules that it imports first%s",
		       snapshot->module_count, all ? ":" : "");
		if (all)
			print_words(snapshot->strings + snapshot->modules);
		putchar('\n');
	} else if (why.data != NULL) {
		printf("%-12s any program, without what a script imports first: ", "for");
		opened_print((const char *)why.data,
			     why.size < PYB_NO_SNAPSHOT_MAX ? why.size : PYB_NO_SNAPSHOT_MAX);
		putchar('\n');
	} else {
		printf("%-12s any program\n", "for");
	}
}

static void print_snapshot(const struct opened *opened, const struct snapshot *snapshot, bool all)
{
	printf("%-12s for %s; used as long as what it depends on is as it was%s\n", "snapshot",
	       is_private(opened) ? "its owner alone" : "all who may read it",
	       all ? "" : " (-v lists it)");
	print_script(opened, snapshot, all);
	print_memory(snapshot);
	print_ranges(snapshot);
	print_renewed(snapshot);
	if (all)
		print_guards(snapshot);
	else
		printf("%-12s %" PRIu32 ", and %" PRIu32 " mapped files\n", "guards",
		       snapshot->guard_count, snapshot->file_count);
}

/* In the bundle's own words, if it has some. */
static void print_why_not(const struct opened *opened)
{
	const struct pyb_bytes why = pyb_reader_bytes(&opened->reader, PYB_SECTION_NO_SNAPSHOT);

	if (why.data == NULL)
		return;
	printf("%-12s none: ", "snapshot");
	opened_print((const char *)why.data,
		     why.size < PYB_NO_SNAPSHOT_MAX ? why.size : PYB_NO_SNAPSHOT_MAX);
	putchar('\n');
}

enum pyb_status snapshot_list(const struct opened *opened, bool all, struct pyb_error *error)
{
	struct pyb_error fault = {0};
	struct snapshot snapshot;

	if (!has_snapshot(opened)) {
		print_why_not(opened);
		return PYB_OK;
	}
	const enum pyb_status status = find(opened, &snapshot, &fault, error);
	if (status != PYB_OK)
		return status;
	if (fault.status != PYB_OK)
		printf("%-12s %s\n", "snapshot", fault.text);
	else
		print_snapshot(opened, &snapshot, all);
	return PYB_OK;
}

/* --- as JSON */

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

	json_open(json, "renewed", '[');
	for (size_t i = 0; i < RENEWED; i++)
		json_string(json, NULL, renewed[i]);
	json_close(json);
	json_open(json, "files", '[');
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		json_string(json, NULL, snapshot->strings + snapshot->files[i].path);
	json_close(json);
	json_open(json, "guards", '[');
	for (unsigned i = 0; pyb_process_describe(&snapshot->process, i, text, sizeof(text)); i++)
		json_string(json, NULL, text);
	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		pyb_guard_describe(snapshot, &snapshot->guards[i], text, sizeof(text));
		json_string(json, NULL, text);
	}
	json_close(json);
}

static void add_modules(struct json *json, const struct snapshot *snapshot)
{
	const char *word = snapshot->strings + snapshot->modules;

	json_open(json, "program_modules", '[');
	for (size_t length; *word != '\0'; word += length + (word[length] != '\0')) {
		length = strcspn(word, " ");
		json_string_sized(json, NULL, word, length);
	}
	json_close(json);
}

enum pyb_status snapshot_list_as_json(const struct opened *opened, struct json *json,
				      struct pyb_error *error)
{
	struct pyb_error fault = {0};
	struct snapshot snapshot;

	const struct pyb_bytes why = pyb_reader_bytes(&opened->reader, PYB_SECTION_NO_SNAPSHOT);
	json_string_sized(json, "no_snapshot", (const char *)why.data, why.size);
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
	json_string(json, "program", find_script(&snapshot));
	add_modules(json, &snapshot);
	json_number(json, "fixups", snapshot.fixup_count);
	json_number(json, "written_size", (int64_t)size_of_ranges(&snapshot));
	json_number(json, "pages_size", (int64_t)snapshot.pages_size);
	add_segments(json, &snapshot);
	add_texts(json, &snapshot);
	json_close(json);
	return PYB_OK;
}
