/* SPDX-License-Identifier: MIT */
/* Whether what a bundle starts with, its entry point and its bootstrap function, can be started. */
#ifndef BUNDLER_RESOLVE_ENTRY_POINT_H
#define BUNDLER_RESOLVE_ENTRY_POINT_H

#include "bundler/resolve/resolver.h"
#include "lib/error.h"

/*
 * `call` is MODULE, MODULE:FUNCTION, the absolute path of a script, or NULL, which is always right.
 * `resolution` is the answer to a request for its module. Each function returns PYB_OK, or
 * PYB_ERR_INVALID with a sentence in *fault.
 */

/* Whether the script, or the module, is there at all. */
enum pyb_status entry_check(const char *call, const struct resolution *resolution,
			    struct pyb_error *fault);

/* Whether the interpreter finds the module without the `paths` of the manifest. */
enum pyb_status entry_check_path(const char *call, const struct resolution *resolution,
				 struct pyb_error *fault);

#endif
