/* SPDX-License-Identifier: MIT */
/* Whether a bundle still says what the machine would say. */
#ifndef BUNDLER_INSPECT_FRESHNESS_H
#define BUNDLER_INSPECT_FRESHNESS_H

#include <sys/stat.h>

#include "lib/reader.h"

/* Takes one finding: what it is about (a module, or NULL) and a sentence. Returns nothing. */
typedef void finding_function(void *context, const char *module, const char *text);

/*
 * Compare a verified bundle with its interpreter and with the files that its modules came from.
 * The interpreter is started for that, so its `path`, and `file`, the status of what is there, must
 * show that nobody could name another program; it may be silent for so many seconds, 0: for ever.
 * `report` is called for each difference.
 * Errors: PYB_ERR_UNSAFE, nothing was compared; PYB_ERR_MEMORY, PYB_ERR_DAMAGED.
 */
enum pyb_status freshness_check(const struct pyb_reader *reader, const char *path,
				const struct stat *file, int seconds, finding_function *report,
				void *context, struct pyb_error *error);

#endif
