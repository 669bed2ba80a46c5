/* SPDX-License-Identifier: MIT */
#include "importer/resume/checked_tables.h"

#include "importer/memory/contents.h"
#include "lib/image.h"
#include "lib/memo.h"
#include "lib/policy.h"

enum { STARTUP_GROUP = 0 };

/* HOT was read, and is among the pages; the other groups are verified when they are first used. */
static enum pyb_status verify_image(const struct pyb_reader *reader, struct pyb_error *error)
{
	struct pyb_image_view view;
	enum pyb_status status;

	if (reader->image == NULL)
		return PYB_OK;
	status = pyb_image_open(reader, &view, error);
	if (status == PYB_OK && (reader->header->policies & PYB_POLICY_CHECK_COLD) != 0)
		status = pyb_image_check_cold(&view, STARTUP_GROUP, view.cold.data, error);
	return status;
}

static enum pyb_status verify_memos(const struct pyb_reader *reader, struct pyb_error *error)
{
	static const enum pyb_section_type types[] = {PYB_SECTION_REGEXES, PYB_SECTION_GENERATED,
						      PYB_SECTION_SITE, PYB_SECTION_METADATA};
	enum pyb_status status = PYB_OK;
	struct pyb_memo_view view;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && status == PYB_OK; i++)
		status = pyb_memo_open(reader, types[i], &view, error);
	return status;
}

enum pyb_status checked_tables_verify(int descriptor, struct pyb_error *error)
{
	struct contents contents;
	struct pyb_reader reader;
	enum pyb_status status = contents_take(&contents, descriptor, error);

	if (status == PYB_OK)
		status = pyb_reader_init_part(&reader, contents.start, contents.size,
					      contents.file_size, error);
	if (status == PYB_OK)
		status = verify_image(&reader, error);
	if (status == PYB_OK)
		status = verify_memos(&reader, error);
	contents_release(&contents);
	return status;
}
