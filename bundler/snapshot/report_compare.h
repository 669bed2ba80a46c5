/* SPDX-License-Identifier: MIT */
/* Comparing what two starts report of themselves: start_report.py. */
#ifndef BUNDLER_SNAPSHOT_REPORT_COMPARE_H
#define BUNDLER_SNAPSHOT_REPORT_COMPARE_H

#include <stdbool.h>

#include "lib/buffer.h"

/* Further starts of a kind. What differs by chance, such as the order of a set, may do so in few of them. */
enum { REPORTS_AGAIN = 6 };

struct reports_again {
	struct pyb_buffer list[REPORTS_AGAIN]; /* owned by who makes it */
	size_t count;
};

/*
 * Reports are lines: a name, a tab, a value. Whether two of them are equal; if not, the first difference is
 * put into `text` as an English sentence without a full stop, cut if it does not fit; `size` is not 0.
 *
 * `stock` is of a start without the snapshot, `again` of others like it: what is not the same in all
 * of these may be anything with the snapshot.
 */
bool reports_are_equal(const struct pyb_buffer *stock, const struct reports_again *again,
		       const struct pyb_buffer *restored, char *text, size_t size);

#endif
