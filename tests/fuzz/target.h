/* SPDX-License-Identifier: MIT */
/*
 * What all fuzz targets share. A target defines LLVMFuzzerTestOneInput(), and one that knows the
 * structure of its inputs LLVMFuzzerCustomMutator(). Linked with libFuzzer it is a fuzzer, with
 * replay.c a program that tries files.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Try one input. Returns 0; ends the program if a rule is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Change `data` in place, of `size` bytes with room for `room`. Returns the new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed);

/* The same by one who knows nothing; from libFuzzer or replay.c. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

/* End the program with SIGABRT unless the rule holds; `detail` may be NULL. */
void fuzz_must(bool holds, const char *rule, const char *detail);

/* A copy of exactly `size` bytes, so that a read beyond them is noticed; free() it. */
uint8_t *fuzz_copy(const uint8_t *data, size_t size);

/* The same with a NUL behind. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Pseudo-random numbers; the same seed gives the same ones on every machine. */
static inline uint32_t fuzz_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

#endif
