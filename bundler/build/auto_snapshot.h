/* SPDX-License-Identifier: MIT */
/* `snapshot: auto`: whether a bundle is to have a snapshot that nobody has asked for by name. */
#ifndef BUNDLER_BUILD_AUTO_SNAPSHOT_H
#define BUNDLER_BUILD_AUTO_SNAPSHOT_H

#include "lib/error.h"
#include "lib/format.h"

/*
 * A snapshot is for one user on one machine, and so is the bundle that has it. Fails with
 * PYB_ERR_UNSUPPORTED and the reason if the bundle to be written to `path` seems to be for others too, or
 * if snapshots are not known to work with this interpreter on this kind of machine; with PYB_ERR_IO if that
 * cannot be told.
 */
enum pyb_status auto_snapshot_check(const char *path, const struct pyb_fingerprint *fingerprint,
				    struct pyb_error *error);

#endif
