/* SPDX-License-Identifier: MIT */
/* What a bundle's snapshot consists of, for `pybundle list`. */
#ifndef BUNDLER_INSPECT_SNAPSHOT_LIST_H
#define BUNDLER_INSPECT_SNAPSHOT_LIST_H

#include "bundler/inspect/json.h"
#include "bundler/inspect/opened.h"

/* Some lines, and one for each guard if `all`; nothing if there is no snapshot. Errors: PYB_ERR_DAMAGED. */
enum pyb_status snapshot_list(const struct opened *opened, bool all, struct pyb_error *error);

/* The member "snapshot" of an object; null if there is none. Errors: PYB_ERR_DAMAGED. */
enum pyb_status snapshot_list_as_json(const struct opened *opened, struct json *json,
				      struct pyb_error *error);

#endif
