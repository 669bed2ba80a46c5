/* SPDX-License-Identifier: MIT */
#include "bundler/utf8.h"

size_t utf8_length(const unsigned char *text, size_t size)
{
	static const struct {
		unsigned char first, last, second_first, second_last;
		size_t length;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; size > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].length > size)
			return 0;
		for (size_t j = 1; j < forms[i].length; j++) {
			const unsigned char low = j == 1 ? forms[i].second_first : 0x80;
			const unsigned char high = j == 1 ? forms[i].second_last : 0xbf;
			if (text[j] < low || text[j] > high)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}
