/* SPDX-License-Identifier: MIT */
#include "lib/snapshot_writer.h"

#include "lib/snapshot.h"

enum pyb_status pyb_snapshot_compose(const struct snapshot *snapshot, struct pyb_buffer *section,
				     struct pyb_error *error)
{
	const struct pyb_snapshot_limits limits = {snapshot->process.page_size, UINT64_MAX};
	struct pyb_error fault = {0};
	struct pyb_snapshot head;
	struct pyb_bytes pieces[PYB_SNAPSHOT_PIECES];
	enum pyb_status status = PYB_OK;

	if (pyb_snapshot_check(snapshot, &limits, &fault) != PYB_OK)
		return pyb_error_set(error, PYB_ERR_INVALID, "the snapshot is wrong: %s",
				     fault.text);
	pyb_snapshot_cut(snapshot, &head, pieces);
	for (size_t i = 0; i < PYB_SNAPSHOT_PIECES && status == PYB_OK; i++)
		status = pyb_buffer_append(section, pieces[i].data, pieces[i].size, error);
	return status;
}
