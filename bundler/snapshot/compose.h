/* SPDX-License-Identifier: MIT */
/* The tables that an interpreter has written of itself, as the bundle gets them. */
#ifndef BUNDLER_SNAPSHOT_COMPOSE_H
#define BUNDLER_SNAPSHOT_COMPOSE_H

#include "bundler/snapshot/guard_list.h"
#include "lib/buffer.h"
#include "lib/snapshot_format.h"

/*
 * Append the contents of section SNAPSHOT to an empty buffer: the tables of `written` with the guards, and
 * with what was mapped from the file at `bundle` as parts of the bundle that has the snapshot. Errors:
 * PYB_ERR_INVALID if the tables have guards already or are wrong otherwise; PYB_ERR_IO, PYB_ERR_MEMORY.
 */
enum pyb_status snapshot_compose(const struct snapshot *written, const struct guard_list *guards,
				 const char *bundle, struct pyb_buffer *section,
				 struct pyb_error *error);

#endif
