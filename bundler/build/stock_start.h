/* SPDX-License-Identifier: MIT */
/* How a bundle with an entry point is started by a Python that knows nothing of pystart. */
#ifndef BUNDLER_BUILD_STOCK_START_H
#define BUNDLER_BUILD_STOCK_START_H

#include "lib/buffer.h"

/*
 * Append the text of `__main__.py` for this entry point and level of optimization, 0 to 2.
 * Errors: PYB_ERR_MEMORY.
 */
enum pyb_status stock_start_make(const char *entry, int optimize, struct pyb_buffer *text,
				 struct pyb_error *error);

#endif
