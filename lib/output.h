/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all. */
#ifndef PYB_OUTPUT_H
#define PYB_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"

/*
 * Write `size` bytes to `path`: a temporary file in the same folder is written, flushed to the disk
 * and renamed over `path` (rename(2): atomic), then the folder is flushed. Its mode is `mode` less
 * the umask. A symbolic link is followed, unless somebody else has put it into a sticky folder that
 * everybody can write to; what exists and is no regular file is refused. All signals wait meanwhile.
 * A process that is killed leaves a temporary file; the next one that writes into the folder removes
 * it, see lib/temporary.h.
 * Errors: PYB_ERR_IO, with the old file untouched and the temporary file removed.
 */
enum pyb_status pyb_output_file(const char *path, mode_t mode, const void *data, size_t size,
				struct pyb_error *error);

#endif
