/* SPDX-License-Identifier: MIT */
/*
 * The zip archive at the end of a bundle that has an entry point. Any Python that is told to run the
 * bundle finds it there, and in it the one file that Python runs then, `__main__.py`.
 */
#ifndef PYB_ARCHIVE_H
#define PYB_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PYB_ARCHIVE_OVERHEAD = 120,       /* bytes of an archive besides the text */
	PYB_ARCHIVE_TEXT_MAX = 32 * 1024, /* Python looks for its end in the last 64 KiB */
};

/* Write an archive of a text, not longer than PYB_ARCHIVE_TEXT_MAX, of size + PYB_ARCHIVE_OVERHEAD bytes. */
void pyb_archive_write(const uint8_t *text, size_t size, uint8_t *to);

/* Whether a section consists of zero bytes and such an archive behind them. */
bool pyb_archive_is_sound(const uint8_t *bytes, size_t size);

#endif
