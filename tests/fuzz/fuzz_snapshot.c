/* SPDX-License-Identifier: MIT */
/* The tables of a snapshot: what is taken can be used without a further look, and is the section again. */
#include <stdlib.h>
#include <string.h>

#include "lib/snapshot.h"
#include "lib/snapshot_writer.h"
#include "tests/fuzz/target.h"

static void use_text(const struct snapshot *snapshot, uint32_t offset)
{
	fuzz_must(offset < snapshot->strings_size, "a text is in the strings", NULL);
	fuzz_must(strlen(snapshot->strings + offset) < snapshot->strings_size - offset,
		  "a text ends in the strings", NULL);
}

static void use_guard(const struct snapshot *snapshot, const struct snapshot_guard *guard)
{
	const uint64_t end = (uint64_t)guard->value + guard->value_size;

	use_text(snapshot, guard->name);
	fuzz_must(end < snapshot->strings_size && snapshot->strings[end] == '\0',
		  "a value is in the strings, with a NUL behind it", NULL);
}

static void use_source(const struct snapshot *snapshot, const struct snapshot_segment *segment)
{
	fuzz_must(segment->source != SEGMENT_FILE || segment->file < snapshot->file_count,
		  "a file is there", NULL);
	fuzz_must(segment->source != SEGMENT_PAGES ||
			  (segment->offset <= snapshot->pages_size &&
			   segment->size <= snapshot->pages_size - segment->offset),
		  "pages are there", NULL);
}

/* As the one who maps them does. */
static void use_segments(const struct snapshot *snapshot)
{
	uint32_t next = 0;
	uint64_t end = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		fuzz_must(segment->size > 0 && segment->address >= end, "segments are in order",
			  NULL);
		end = segment->address + segment->size;
		fuzz_must(end > segment->address, "a segment ends behind its start", NULL);
		use_source(snapshot, segment);
		for (; next < snapshot->fixup_count && snapshot->fixups[next].address < end; next++)
			fuzz_must(snapshot->fixups[next].address >= segment->address &&
					  snapshot->fixups[next].kind < FIXUP_KINDS,
				  "a fix-up is in a segment", NULL);
	}
	fuzz_must(next == snapshot->fixup_count, "no fix-up is left", NULL);
}

static void use(const struct snapshot *snapshot)
{
	use_segments(snapshot);
	for (uint32_t i = 0; i < snapshot->guard_count; i++)
		use_guard(snapshot, &snapshot->guards[i]);
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		use_text(snapshot, snapshot->files[i].path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *const bytes = fuzz_copy(data, size);
	const struct pyb_bytes section = {.data = bytes, .size = size};
	struct pyb_error error = {0};
	struct snapshot snapshot;
	struct pyb_buffer again = {0};
	const enum pyb_status status = pyb_snapshot_open(&section, &snapshot, &error);

	fuzz_must(status == error.status, "the status is the error's", error.text);
	if (status == PYB_OK) {
		use(&snapshot);
		fuzz_must(pyb_snapshot_compose(&snapshot, &again, &error) == PYB_OK,
			  "what can be read can be written", error.text);
		fuzz_must(again.size == size && memcmp(again.data, bytes, size) == 0,
			  "it is written as it was", NULL);
	}
	pyb_buffer_release(&again);
	free(bytes);
	return 0;
}
