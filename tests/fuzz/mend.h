/* SPDX-License-Identifier: MIT */
/* Putting right in a damaged bundle what would keep a reader from looking any further. */
#ifndef TESTS_FUZZ_MEND_H
#define TESTS_FUZZ_MEND_H

#include <stddef.h>
#include <stdint.h>

enum mend {
	MEND_CHECKSUMS, /* magic, version, sizes, and all checksums */
	MEND_HASHES,    /* also what is found by a hash: names in the index, keys of the memos */
};

/*
 * Mend `size` bytes, at least a page and aligned to 8, as far as they can be followed. What leads
 * out of the file is left to the reader to find.
 */
void mend_bundle(uint8_t *bytes, size_t size, enum mend how);

#endif
