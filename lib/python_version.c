/* SPDX-License-Identifier: MIT */
#include "lib/python_version.h"

/* Append a number below 1000 in decimal. Returns the new end. */
static char *add_number(char *end, uint32_t number)
{
	if (number >= 100)
		*end++ = (char)('0' + number / 100 % 10);
	if (number >= 10)
		*end++ = (char)('0' + number / 10 % 10);
	*end++ = (char)('0' + number % 10);
	return end;
}

/* "a1", "b2", "rc3"; nothing for a release; a level that there is not shows as "+". */
static char *add_level(char *end, uint32_t level, uint32_t serial)
{
	switch (level) {
	case 0xa:
	case 0xb:
		*end++ = level == 0xa ? 'a' : 'b';
		break;
	case 0xc:
		*end++ = 'r';
		*end++ = 'c';
		break;
	default:
		if (serial == 0)
			return end;
		*end++ = '+';
	}
	return add_number(end, serial);
}

void pyb_python_version_write(char text[PYB_PYTHON_VERSION_SIZE], uint32_t hexversion)
{
	char *end = add_number(text, hexversion >> 24);

	*end++ = '.';
	end = add_number(end, hexversion >> 16 & 0xff);
	*end++ = '.';
	end = add_number(end, hexversion >> 8 & 0xff);
	*add_level(end, hexversion >> 4 & 0xf, hexversion & 0xf) = '\0';
}

bool pyb_python_version_is(const char *text, const char *wanted)
{
	while (*wanted != '\0')
		if (*text++ != *wanted++)
			return false;
	return *text == '\0' || *text == '.';
}
