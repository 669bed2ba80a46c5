/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 defines it. */
#ifndef PYB_UTF8_H
#define PYB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode the character that begins at `text`, of which `size` bytes may be read. Returns its length in
 * bytes, or 0 if they are not UTF-8 or there are none; then *code is left as it was. Control
 * characters count as characters.
 */
size_t pyb_utf8_decode(const char *text, size_t size, uint32_t *code);

#endif
