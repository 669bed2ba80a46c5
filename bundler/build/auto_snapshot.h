/* SPDX-License-Identifier: MIT */
/* `snapshot: auto`: where a snapshot is known to work. */
#ifndef BUNDLER_BUILD_AUTO_SNAPSHOT_H
#define BUNDLER_BUILD_AUTO_SNAPSHOT_H

#include "lib/error.h"
#include "lib/format.h"

/*
 * Fails with PYB_ERR_UNSUPPORTED and the reason if snapshots are not known to work with this interpreter on this
 * kind of machine, or if the bundle is for other machines too.
 */
enum pyb_status auto_snapshot_check(const struct pyb_fingerprint *fingerprint,
				    struct pyb_error *error);

/*
 * Where nobody has asked for one: fails with PYB_ERR_UNSUPPORTED and the reason if others than the user who makes
 * the bundle could use it at `path` but for the snapshot; with PYB_ERR_IO if that cannot be told.
 */
enum pyb_status auto_snapshot_check_users(const char *path, struct pyb_error *error);

#endif
