/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a manifest before YAML is made of them. libyaml finds most of these faults too, but
 * tells a byte offset only, stops in the middle of a character and guesses at UTF-16.
 */
#include "manifest/internal.h"

#include <string.h>

#include "lib/utf8.h"

/* The characters that YAML 1.1 lets a stream consist of. */
static bool is_printable(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	if (code < 0xa0)
		return code < 0x7f || code == 0x85;
	return code != 0xfeff && code != 0xfffe && code != 0xffff;
}

static void refuse_character(struct manifest_load *load, struct manifest_place place, uint32_t code)
{
	if (code == 0)
		manifest_problem(load, place, "there is a NUL byte here; a manifest is text");
	else
		manifest_problem(load, place,
				 "the character U+%04X is not allowed in a manifest; in \"double "
				 "quotes\" it can be written as \\u%04X",
				 (unsigned)code, (unsigned)code);
}

/* Both faults of the whole file, which would otherwise be reported as a strange first byte. */
static bool check_encoding_mark(struct manifest_load *load, const char *text, size_t size)
{
	const struct manifest_place start = {1, 1};
	if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
		manifest_problem(load, start, "this is UTF-16; save the manifest as UTF-8");
		return false;
	}
	return true;
}

bool manifest_check_text(struct manifest_load *load, const char *text, size_t size)
{
	struct manifest_place place = {1, 1};
	if (!check_encoding_mark(load, text, size))
		return false;
	for (size_t at = 0; at < size;) {
		uint32_t code = 0;
		const size_t length = pyb_utf8_decode(text + at, size - at, &code);
		if (length == 0) {
			manifest_problem(load, place,
					 "the byte 0x%02x is not UTF-8 here; save the manifest as "
					 "UTF-8",
					 (unsigned)(unsigned char)text[at]);
			return false;
		}
		if (!is_printable(code)) {
			refuse_character(load, place, code);
			return false;
		}
		at += length;
		place.column++;
		if (code == '\n' || (code == '\r' && (at == size || text[at] != '\n')))
			place = (struct manifest_place){place.line + 1, 1};
	}
	return true;
}
