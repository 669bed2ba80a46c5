/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/pages.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static enum pyb_status write_all(int descriptor, const uint8_t *bytes, size_t size,
				 struct pyb_error *error)
{
	while (size > 0) {
		const ssize_t written = write(descriptor, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return pyb_error_set(error, pyb_error_of_system(errno),
					     "the pages of the snapshot cannot be written: %s",
					     strerror(errno));
		bytes += written;
		size -= (size_t)written;
	}
	return PYB_OK;
}

static enum pyb_status write_segment(struct dumper *dumper, struct fixup_search *search,
				     const struct snapshot_segment *segment,
				     struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (uint64_t done = 0; done < segment->size && status == PYB_OK;) {
		const uint64_t rest = segment->size - done;
		const uint64_t address = segment->address + done;
		const size_t size = rest < BUFFER_SIZE ? rest : BUFFER_SIZE;
		status = own_memory_read(dumper, address, size, error);
		if (status == PYB_OK)
			status = fixups_scan(search, dumper, address, size, error);
		if (status == PYB_OK)
			status = write_all(dumper->request->pages, dumper->buffer, size, error);
		done += size;
	}
	return status;
}

enum pyb_status pages_write(struct dumper *dumper, struct fixup_search *search, uint64_t *size,
			    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*size = 0;
	for (size_t i = 0; i < dumper->segment_count && status == PYB_OK; i++) {
		struct snapshot_segment *const segment = &dumper->segments[i];
		if (segment->source != SEGMENT_PAGES)
			continue;
		segment->offset = *size;
		*size += segment->size;
		status = write_segment(dumper, search, segment, error);
	}
	return status;
}
