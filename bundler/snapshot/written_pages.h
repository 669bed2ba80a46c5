/* SPDX-License-Identifier: MIT */
/*
 * What every start that goes on with a snapshot writes to: a start that does nothing more is run and, when
 * it ends, asked which pages have become its own.
 */
#ifndef BUNDLER_SNAPSHOT_WRITTEN_PAGES_H
#define BUNDLER_SNAPSHOT_WRITTEN_PAGES_H

#include "lib/buffer.h"
#include "lib/error.h"

/* Nothing is owned. */
struct written_request {
	const char *launcher;     /* pystart's path */
	const char *bundle;       /* absolute; has the snapshot */
	char *const *environment; /* what the snapshot was made with */
	unsigned int optimize;    /* the bundle's level, which programs are started with */
	int seconds;              /* how long the start may take; 0: for ever */
};

/*
 * Append the ranges of these pages, struct snapshot_range, to an empty buffer; `tables` is the contents of the
 * bundle's section SNAPSHOT. What is
 * given huge pages, or populated whole, has none. The start need not have gone on with the snapshot, for
 * which trial_restore.h looks: then the ranges save nothing, and do no harm. Errors: those of
 * trace_start() and trace_follow(), PYB_ERR_INVALID, PYB_ERR_MEMORY; PYB_ERR_IO if the kernel does not tell.
 */
enum pyb_status written_pages_find(const struct written_request *request,
				   const struct pyb_buffer *tables, struct pyb_buffer *ranges,
				   struct pyb_error *error);

/*
 * Give the contents of a section SNAPSHOT these ranges. Errors: PYB_ERR_INVALID, PYB_ERR_MEMORY; the contents are
 * as they were then.
 */
enum pyb_status written_pages_add(struct pyb_buffer *tables, const struct pyb_buffer *ranges,
				  struct pyb_error *error);

#endif
