/* SPDX-License-Identifier: MIT */
/* What a bundle keeps of the interpreter's start: the .pth files in its site folders. */
#ifndef BUNDLER_BUILD_PTH_FILES_H
#define BUNDLER_BUILD_PTH_FILES_H

#include "bundler/resolve/resolver.h"
#include "lib/buffer.h"

/*
 * Append the contents of the section SITE to `bytes`; nothing if no site folder was found.
 * Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID if 4 GiB are exceeded.
 */
enum pyb_status site_make(const struct resolution *resolution, struct pyb_buffer *bytes,
			  struct pyb_error *error);

#endif
