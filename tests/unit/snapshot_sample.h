/* SPDX-License-Identifier: MIT */
/* A snapshot made by hand, with one of each kind of segment, fix-up and guard. Nobody can go on in it. */
#ifndef TESTS_UNIT_SNAPSHOT_SAMPLE_H
#define TESTS_UNIT_SNAPSHOT_SAMPLE_H

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/format.h"
#include "lib/snapshot_writer.h"

enum {
	SAMPLE_PAGES = 3 * PYB_PAGE_SIZE, /* bytes of PAGES */
	SAMPLE_SEGMENTS = 4,
	SAMPLE_STRINGS = 256,
};
#define SAMPLE_BASE UINT64_C(0x210000000000)

struct snapshot_sample {
	struct snapshot snapshot; /* its pointers lead to the rest */
	struct snapshot_segment segments[SAMPLE_SEGMENTS];
	struct snapshot_guard guards[GUARD_KINDS];
	struct snapshot_file file;
	struct snapshot_fixup fixups[FIXUP_KINDS];
	struct snapshot_range range;
	char strings[SAMPLE_STRINGS];
};

/* Returns the offset of a copy, with a NUL behind it. */
static inline uint32_t sample_string(struct snapshot_sample *sample, const void *bytes, size_t size)
{
	const uint32_t offset = sample->snapshot.strings_size;

	ck_assert_uint_lt(offset + size, SAMPLE_STRINGS);
	memcpy(sample->strings + offset, bytes, size);
	sample->snapshot.strings_size += (uint32_t)size + 1;
	return offset;
}

static inline uint32_t sample_text(struct snapshot_sample *sample, const char *text)
{
	return sample_string(sample, text, strlen(text));
}

static inline void sample_segments(struct snapshot_segment *segments)
{
	static const enum segment_source sources[] = {SEGMENT_PAGES, SEGMENT_ZERO, SEGMENT_FILE,
						      SEGMENT_BUNDLE};

	for (uint32_t i = 0; i < SAMPLE_SEGMENTS; i++)
		segments[i] = (struct snapshot_segment){
			.address = SAMPLE_BASE + i * (uint64_t)SAMPLE_PAGES,
			.size = SAMPLE_PAGES,
			.source = sources[i],
			.protection = PROT_READ | PROT_WRITE,
		};
	segments[1].advice = ADVICE_ALL;
}

static inline void sample_value(struct snapshot_sample *sample, enum guard_kind kind,
				const void *value, size_t size)
{
	sample->guards[kind].value = sample_string(sample, value, size);
	sample->guards[kind].value_size = (uint32_t)size;
}

static inline void sample_guards(struct snapshot_sample *sample)
{
	static const uint64_t limit[] = {UINT64_MAX, 8 << 20}; /* a NUL between them */
	struct snapshot_guard *const guards = sample->guards;

	for (uint32_t i = 0; i < GUARD_KINDS; i++)
		guards[i].kind = i;
	guards[GUARD_PATH].name = sample_text(sample, "/etc/passwd");
	guards[GUARD_PATH].status = (struct guard_status){
		.mode = S_IFREG | 0644, .inode = 5, .size = 1000, .mtime_ns = -1, .ctime_ns = 7};
	guards[GUARD_LINK].name = sample_text(sample, "relative");
	guards[GUARD_LINK].status.error = 2;
	guards[GUARD_PRESENT].name = guards[GUARD_LINK].name;
	guards[GUARD_PRESENT].status.mode = S_IFREG | 0644;
	guards[GUARD_VARIABLE].name = sample_text(sample, "LANG");
	sample_value(sample, GUARD_VARIABLE, "C.UTF-8", 7);
	guards[GUARD_ABSENT].name = sample_text(sample, "LC_ALL");
	guards[GUARD_FAMILY].name = sample_text(sample, "PYTHON");
	sample_value(sample, GUARD_ARGUMENT, "python3", 7);
	sample_value(sample, GUARD_FOLDER, "/", 1);
	guards[GUARD_MASK].number = 022;
	sample_value(sample, GUARD_PROCESSORS, "\0\3", 2);
	guards[GUARD_LIMIT].number = 3;
	sample_value(sample, GUARD_LIMIT, limit, sizeof(limit));
	sample_value(sample, GUARD_HOST, "host", 4);
	guards[GUARD_PLACE].name = sample_text(sample, "/bin/tool");
	sample_value(sample, GUARD_PLACE, "/opt", 4);
	guards[GUARD_NO_LINK].name = guards[GUARD_PLACE].name;
	guards[GUARD_NO_LINK].status.mode = S_IFREG | 0644;
	guards[GUARD_NAMES].name = guards[GUARD_PLACE].name;
	sample_value(sample, GUARD_NAMES, "re/re.py", 8);
	guards[GUARD_NAMES].status = guards[GUARD_PATH].status;
	guards[GUARD_SCRIPT].number = 1;
	sample_value(sample, GUARD_SCRIPT, "/bin/tool", 9);
}

static inline void sample_make(struct snapshot_sample *sample)
{
	*sample = (struct snapshot_sample){0};
	sample->snapshot = (struct snapshot){
		.thread = {.pointer = SAMPLE_BASE, .entry = SAMPLE_BASE},
		.process = {.user = 1000, .page_size = PYB_PAGE_SIZE},
		.vdso_size = 1,
		.vdso_data_size = 2,
		.vdso_digest = 3,
		.pages_size = SAMPLE_PAGES,
		.segments = sample->segments,
		.segment_count = SAMPLE_SEGMENTS,
		.guards = sample->guards,
		.guard_count = GUARD_KINDS,
		.files = &sample->file,
		.file_count = 1,
		.fixups = sample->fixups,
		.fixup_count = FIXUP_KINDS,
		.ranges = &sample->range,
		.range_count = 1,
		.strings = sample->strings,
		.strings_size = 1,
	};
	sample_segments(sample->segments);
	sample->file = (struct snapshot_file){.size = SAMPLE_PAGES};
	sample->file.path = sample_text(sample, "/usr/bin/python3");
	sample->range = (struct snapshot_range){SAMPLE_BASE, PYB_PAGE_SIZE};
	sample_guards(sample);
	for (uint32_t i = 0; i < FIXUP_KINDS; i++)
		sample->fixups[i] = (struct snapshot_fixup){
			.address = SAMPLE_BASE + 8 * (uint64_t)i, .kind = i};
}

/* The section; release it. */
static inline struct pyb_buffer sample_compose(const struct snapshot_sample *sample)
{
	struct pyb_buffer section = {0};
	struct pyb_error error = {0};

	ck_assert_msg(pyb_snapshot_compose(&sample->snapshot, &section, &error) == PYB_OK, "%s",
		      error.text);
	return section;
}

#endif
