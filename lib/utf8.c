/* SPDX-License-Identifier: MIT */
#include "lib/utf8.h"

/* The length that the first byte of a character announces, and the bits of the code in it. */
static size_t first_byte(unsigned char byte, uint32_t *code)
{
	if (byte < 0x80) {
		*code = byte;
		return 1;
	}
	if (byte >= 0xc2 && byte < 0xe0) {
		*code = byte & 0x1fU;
		return 2;
	}
	if (byte >= 0xe0 && byte < 0xf0) {
		*code = byte & 0x0fU;
		return 3;
	}
	if (byte >= 0xf0 && byte < 0xf5) {
		*code = byte & 0x07U;
		return 4;
	}
	return 0;
}

size_t pyb_utf8_decode(const char *text, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (size == 0)
		return 0;
	uint32_t value = 0;
	const size_t length = first_byte((unsigned char)text[0], &value);
	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		const unsigned char byte = (unsigned char)text[i];
		if ((byte & 0xc0) != 0x80)
			return 0;
		value = (value << 6) | (byte & 0x3fU);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code = value;
	return length;
}
