/* SPDX-License-Identifier: MIT */
/* A bundle that is there for as long as interpreters are started with it. */
#ifndef BUNDLER_BUILD_TEMPORARY_BUNDLE_H
#define BUNDLER_BUILD_TEMPORARY_BUNDLE_H

#include "lib/buffer.h"
#include "lib/error.h"

/* `bundle` is absolute: interpreters have other working folders. */
typedef enum pyb_status bundle_function(void *cookie, const char *bundle, struct pyb_error *error);

/*
 * Call the function with a file of these bytes in the folder of `path`: one elsewhere may be one that nothing
 * may be mapped from. Signals that end us wait until the file is removed. Errors: those of the function;
 * PYB_ERR_IO, PYB_ERR_MEMORY.
 */
enum pyb_status with_temporary_bundle(const char *path, const struct pyb_buffer *bytes,
				      bundle_function *function, void *cookie,
				      struct pyb_error *error);

#endif
