/* SPDX-License-Identifier: MIT */
/* The code of a bundle whose payload is marshal streams: its two sections, compressed or not. */
#ifndef IMPORTER_BUNDLE_MARSHALLED_H
#define IMPORTER_BUNDLE_MARSHALLED_H

#include "importer/bundle/mapping.h"

/*
 * The marshalled code of a SOURCE module, its checksum verified; a compressed section is
 * decompressed as a whole when it is first asked for. libzstd is loaded only then.
 * Errors: PYB_ERR_DAMAGED, PYB_ERR_MEMORY, PYB_ERR_UNSUPPORTED (no libzstd). Not thread-safe.
 */
enum pyb_status bundle_code(struct bundle *bundle, const struct pyb_module_view *view,
			    struct pyb_bytes *code, struct pyb_error *error);

/*
 * Read `size` bytes of the startup section, from `offset` on, into memory with one system call, and
 * give all other pages of code back. Returns the offset up to which it did, UINT64_MAX if there is
 * nothing to be done about this section.
 */
uint64_t bundle_prefetch_startup(const struct bundle *bundle, uint64_t offset, uint64_t size);

/* The startup section has been used: give its memory back, decompressed or not. */
void bundle_drop_startup(struct bundle *bundle);

#endif
