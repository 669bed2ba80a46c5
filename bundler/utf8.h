/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 defines it. */
#ifndef BUNDLER_UTF8_H
#define BUNDLER_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character that begins at `text`, of which `size` bytes may be read; 0 if they are
 * not UTF-8, or if size is 0. Control characters count as characters.
 */
size_t utf8_length(const unsigned char *text, size_t size);

#endif
