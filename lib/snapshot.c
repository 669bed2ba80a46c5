/* SPDX-License-Identifier: MIT */
#include "lib/snapshot.h"

#include "lib/digest.h"
#include "lib/header.h"

/* Where the array after `array`, of `count` elements, begins. */
#define BEHIND(array, count) ((const void *)((array) + (count)))

static struct pyb_bytes bytes_of(const void *data, uint64_t count, size_t size)
{
	return (struct pyb_bytes){.data = data, .size = count * size};
}

/* Counts of 32 bits, of small records, do not overflow. */
static uint64_t size_of_tables(const struct pyb_snapshot *head)
{
	return sizeof(*head) + head->segment_count * sizeof(struct snapshot_segment) +
	       head->guard_count * sizeof(struct snapshot_guard) +
	       head->file_count * sizeof(struct snapshot_file) +
	       head->fixup_count * sizeof(struct snapshot_fixup) +
	       head->range_count * sizeof(struct snapshot_range) + head->strings_size;
}

static void find_tables(const struct pyb_snapshot *head, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){
		.thread = head->thread,
		.process = head->process,
		.vdso_size = head->vdso_size,
		.vdso_data_size = head->vdso_data_size,
		.vdso_digest = head->vdso_digest,
		.pages_size = head->pages_size,
		.segment_count = head->segment_count,
		.guard_count = head->guard_count,
		.file_count = head->file_count,
		.fixup_count = head->fixup_count,
		.range_count = head->range_count,
		.strings_size = head->strings_size,
		.modules = head->modules,
		.module_count = head->module_count,
	};
	snapshot->segments = BEHIND(head, 1);
	snapshot->guards = BEHIND(snapshot->segments, head->segment_count);
	snapshot->files = BEHIND(snapshot->guards, head->guard_count);
	snapshot->fixups = BEHIND(snapshot->files, head->file_count);
	snapshot->ranges = BEHIND(snapshot->fixups, head->fixup_count);
	snapshot->strings = BEHIND(snapshot->ranges, head->range_count);
}

static enum pyb_status open_section(const struct pyb_bytes *section, uint64_t bundle_size,
				    struct snapshot *snapshot, struct pyb_error *error)
{
	const struct pyb_snapshot *const head = (const void *)section->data;

	if (section->size < sizeof(*head))
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the description of the snapshot is cut off");
	if (size_of_tables(head) != section->size || head->process.reserved != 0)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "the tables of the snapshot have wrong sizes");
	find_tables(head, snapshot);
	const struct pyb_snapshot_limits limits = {
		.page_size = snapshot->process.page_size,
		.bundle_size = bundle_size,
	};
	return pyb_snapshot_check(snapshot, &limits, error);
}

enum pyb_status pyb_snapshot_open(const struct pyb_bytes *section, struct snapshot *snapshot,
				  struct pyb_error *error)
{
	return open_section(section, UINT64_MAX, snapshot, error);
}

enum pyb_status pyb_snapshot_take(const struct pyb_header *header, const struct pyb_bytes *section,
				  struct snapshot *snapshot, struct pyb_error *error)
{
	const struct pyb_section *const entry = pyb_header_section(header, PYB_SECTION_SNAPSHOT);
	const struct pyb_section *const pages = pyb_header_section(header, PYB_SECTION_PAGES);
	enum pyb_status status = PYB_OK;

	if (entry != NULL && pyb_digest64(section->data, section->size) != entry->checksum)
		status = pyb_error_set_at(error, PYB_ERR_DAMAGED, entry->offset,
					  "the checksum of section 'snapshot' is wrong");
	if (status == PYB_OK)
		status = open_section(section, header->file_size, snapshot, error);
	if (status == PYB_OK && snapshot->pages_size != (pages == NULL ? 0 : pages->size))
		status = pyb_error_set(error, PYB_ERR_DAMAGED,
				       "section 'pages' is not of the size that the snapshot says");
	return status;
}

enum pyb_status pyb_snapshot_find(const struct pyb_reader *reader, struct snapshot *snapshot,
				  struct pyb_error *error)
{
	const struct pyb_bytes section = pyb_reader_bytes(reader, PYB_SECTION_SNAPSHOT);

	return pyb_snapshot_take(reader->header, &section, snapshot, error);
}

enum pyb_status pyb_snapshot_verify(const struct pyb_reader *reader, struct pyb_error *error)
{
	struct snapshot snapshot;

	if (pyb_reader_section(reader, PYB_SECTION_SNAPSHOT) == NULL &&
	    pyb_reader_section(reader, PYB_SECTION_PAGES) == NULL)
		return PYB_OK;
	return pyb_snapshot_find(reader, &snapshot, error);
}

void pyb_snapshot_cut(const struct snapshot *snapshot, struct pyb_snapshot *head,
		      struct pyb_bytes pieces[PYB_SNAPSHOT_PIECES])
{
	*head = (struct pyb_snapshot){
		.thread = snapshot->thread,
		.process = snapshot->process,
		.vdso_size = snapshot->vdso_size,
		.vdso_data_size = snapshot->vdso_data_size,
		.vdso_digest = snapshot->vdso_digest,
		.pages_size = snapshot->pages_size,
		.segment_count = snapshot->segment_count,
		.guard_count = snapshot->guard_count,
		.file_count = snapshot->file_count,
		.fixup_count = snapshot->fixup_count,
		.range_count = snapshot->range_count,
		.strings_size = snapshot->strings_size,
		.modules = snapshot->modules,
		.module_count = snapshot->module_count,
	};
	pieces[0] = bytes_of(head, 1, sizeof(*head));
	pieces[1] =
		bytes_of(snapshot->segments, snapshot->segment_count, sizeof(*snapshot->segments));
	pieces[2] = bytes_of(snapshot->guards, snapshot->guard_count, sizeof(*snapshot->guards));
	pieces[3] = bytes_of(snapshot->files, snapshot->file_count, sizeof(*snapshot->files));
	pieces[4] = bytes_of(snapshot->fixups, snapshot->fixup_count, sizeof(*snapshot->fixups));
	pieces[5] = bytes_of(snapshot->ranges, snapshot->range_count, sizeof(*snapshot->ranges));
	pieces[6] = bytes_of(snapshot->strings, snapshot->strings_size, 1);
}
