/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/snapshot_writer.h"

/* Copies of what changes. */
struct composing {
	const struct snapshot *written;
	struct snapshot snapshot; /* what comes of it */
	struct snapshot_segment *segments;
	struct snapshot_file *files;
	struct snapshot_guard *guards;
	struct pyb_buffer strings;
	uint32_t bundle; /* number of the file that is the bundle; the count of files: none is */
	struct pyb_error *error;
};

/* An array of its own, never NULL but without memory. */
static void *copy_array(const void *array, uint32_t count, size_t size)
{
	void *const copy = calloc((size_t)count + 1, size);

	if (copy != NULL && count > 0)
		memcpy(copy, array, (size_t)count * size);
	return copy;
}

static enum pyb_status make_copies(struct composing *composing, const struct guard_list *guards)
{
	const struct snapshot *const written = composing->written;

	composing->segments =
		copy_array(written->segments, written->segment_count, sizeof(*composing->segments));
	composing->files =
		copy_array(written->files, written->file_count, sizeof(*composing->files));
	composing->guards =
		copy_array(guards->guards, (uint32_t)guards->count, sizeof(*composing->guards));
	if (composing->segments != NULL && composing->files != NULL && composing->guards != NULL)
		return PYB_OK;
	return pyb_error_set(composing->error, PYB_ERR_MEMORY, "out of memory");
}

/* --- the bundle */

/* One file is known by its inode, whatever it is called in the process. */
static enum pyb_status find_bundle(struct composing *composing, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return pyb_error_set(composing->error, PYB_ERR_IO, "cannot look at %s: %s", path,
				     strerror(errno));
	composing->bundle = 0;
	while (composing->bundle < composing->written->file_count &&
	       (composing->files[composing->bundle].inode != status.st_ino ||
		composing->files[composing->bundle].size != (uint64_t)status.st_size ||
		composing->files[composing->bundle].device != status.st_dev))
		composing->bundle++;
	return PYB_OK;
}

static void take_out_bundle(struct composing *composing)
{
	struct snapshot *const snapshot = &composing->snapshot;

	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		struct snapshot_segment *const segment = &composing->segments[i];
		if (segment->source != SEGMENT_FILE || segment->file < composing->bundle)
			continue;
		if (segment->file == composing->bundle) {
			segment->source = SEGMENT_BUNDLE;
			segment->file = 0;
		} else {
			segment->file--;
		}
	}
	if (composing->bundle == snapshot->file_count)
		return;
	for (uint32_t i = composing->bundle + 1; i < snapshot->file_count; i++)
		composing->files[i - 1] = composing->files[i];
	snapshot->file_count--;
}

/* --- the guards */

/* Their strings follow those of the tables, and share the NUL between them. */
static enum pyb_status append_guards(struct composing *composing, const struct guard_list *list)
{
	const struct snapshot *const written = composing->written;
	const struct pyb_buffer *const added = &list->strings;
	enum pyb_status status = pyb_buffer_append(&composing->strings, written->strings,
						   written->strings_size, composing->error);

	if (status == PYB_OK && added->size > 0)
		status = pyb_buffer_append(&composing->strings, added->data + 1, added->size - 1,
					   composing->error);
	if (status == PYB_OK && composing->strings.size > UINT32_MAX)
		status = pyb_error_set(composing->error, PYB_ERR_INVALID,
				       "the strings of the snapshot need over 4 GiB");
	for (size_t i = 0; i < list->count && status == PYB_OK; i++) {
		struct snapshot_guard *const guard = &composing->guards[i];
		guard->name += guard->name == 0 ? 0 : written->strings_size - 1;
		guard->value += guard->value == 0 ? 0 : written->strings_size - 1;
	}
	return status;
}

static enum pyb_status compose(struct composing *composing, const struct guard_list *guards,
			       const char *bundle, struct pyb_buffer *section)
{
	struct snapshot *const snapshot = &composing->snapshot;
	enum pyb_status status = make_copies(composing, guards);

	if (status == PYB_OK)
		status = find_bundle(composing, bundle);
	if (status == PYB_OK)
		status = append_guards(composing, guards);
	if (status != PYB_OK)
		return status;
	take_out_bundle(composing);
	snapshot->segments = composing->segments;
	snapshot->files = composing->files;
	snapshot->guards = composing->guards;
	snapshot->guard_count = (uint32_t)guards->count;
	snapshot->strings = (const char *)composing->strings.data;
	snapshot->strings_size = (uint32_t)composing->strings.size;
	return pyb_snapshot_compose(snapshot, section, composing->error);
}

enum pyb_status snapshot_compose(const struct snapshot *written, const struct guard_list *guards,
				 const char *bundle, struct pyb_buffer *section,
				 struct pyb_error *error)
{
	struct composing composing = {.written = written, .snapshot = *written, .error = error};

	if (written->guard_count != 0 || guards->count > UINT32_MAX)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the snapshot was written with guards of its own");
	const enum pyb_status status = compose(&composing, guards, bundle, section);
	free(composing.segments);
	free(composing.files);
	free(composing.guards);
	pyb_buffer_release(&composing.strings);
	return status;
}
