/* SPDX-License-Identifier: MIT */
#include "lib/source_hash.h"

#include <string.h>

enum { WORD = 8, FINAL_ROUNDS = 3 };

static uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void take_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

uint64_t pyb_source_hash(uint32_t bytecode_magic, const void *data, size_t size)
{
	/* The constants of SipHash; the second half of the key is zero. */
	uint64_t v[4] = {
		UINT64_C(0x736f6d6570736575) ^ bytecode_magic, UINT64_C(0x646f72616e646f6d),
		UINT64_C(0x6c7967656e657261) ^ bytecode_magic, UINT64_C(0x7465646279746573)};
	const uint8_t *const bytes = data;
	const size_t whole = size - size % WORD;
	uint64_t word;

	for (size_t i = 0; i < whole; i += WORD) {
		memcpy(&word, bytes + i, WORD);
		take_word(v, word);
	}
	word = (uint64_t)size << 56;
	for (size_t i = whole; i < size; i++)
		word |= (uint64_t)bytes[i] << 8 * (i - whole);
	take_word(v, word);
	v[2] ^= 0xff;
	for (int i = 0; i < FINAL_ROUNDS; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
