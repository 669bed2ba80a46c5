/* SPDX-License-Identifier: MIT */
/* Comparing what two starts report of themselves: start_report.py. */
#ifndef BUNDLER_SNAPSHOT_REPORT_COMPARE_H
#define BUNDLER_SNAPSHOT_REPORT_COMPARE_H

#include <stdbool.h>

#include "lib/buffer.h"

/*
 * Reports are lines: a name, a tab, a value. Whether two of them are equal; if not, the first difference is
 * put into `text` as an English sentence without a full stop, cut if it does not fit; `size` is not 0.
 *
 * `stock` is of a start without the snapshot, `again` of another one like it: what is not the same in both
 * of these may be anything with the snapshot. NULL: there is none.
 */
bool reports_are_equal(const struct pyb_buffer *stock, const struct pyb_buffer *again,
		       const struct pyb_buffer *restored, char *text, size_t size);

#endif
