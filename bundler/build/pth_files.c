/* SPDX-License-Identifier: MIT */
#include "bundler/build/pth_files.h"

#include <string.h>

#include "lib/memo_writer.h"

/* Names are added behind the head, which is written last. */
static enum pyb_status add_names(const struct resolved_pth_file *files, uint32_t count,
				 struct pyb_buffer *value, struct pyb_error *error)
{
	const struct pyb_site head = {.name_count = count};
	enum pyb_status status = pyb_buffer_append(value, &head, sizeof(head), error);

	for (uint32_t i = 0; i < count && status == PYB_OK; i++)
		status = pyb_buffer_append(value, files[i].name, strlen(files[i].name) + 1, error);
	return status;
}

static enum pyb_status add_folder(struct pyb_memo_writer *writer, const char *path,
				  const struct resolved_pth_file *files, uint32_t count,
				  struct pyb_error *error)
{
	const struct pyb_memo_key key = {
		.text = {.data = (const uint8_t *)path, .size = strlen(path)}};
	struct pyb_buffer buffer = {0};
	enum pyb_status status = add_names(files, count, &buffer, error);

	if (status == PYB_OK) {
		const struct pyb_bytes value = {.data = buffer.data, .size = buffer.size};
		status = pyb_memo_writer_add(writer, &key, &value, error);
	}
	pyb_buffer_release(&buffer);
	return status;
}

enum pyb_status site_make(const struct resolution *resolution, struct pyb_buffer *bytes,
			  struct pyb_error *error)
{
	const struct resolved_pth_file *const files = resolution->pth_files;
	const uint32_t count = resolution->pth_file_count;
	struct pyb_memo_writer writer = {0};
	enum pyb_status status = PYB_OK;
	uint32_t end;

	for (uint32_t i = 0; i < count && status == PYB_OK; i = end) {
		/* The folder, and behind it its files. */
		for (end = i + 1; end < count && files[end].name[0] != '\0';)
			end++;
		status = add_folder(&writer, resolution->directories[files[i].directory].path,
				    &files[i + 1], end - i - 1, error);
	}
	if (status == PYB_OK)
		status = pyb_memo_writer_finish(&writer, bytes, error);
	pyb_memo_writer_release(&writer);
	return status;
}
