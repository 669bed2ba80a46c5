/* SPDX-License-Identifier: MIT */
/*
 * What stands in for children and files of the bundler: an answer comes from memory, what would be
 * told goes nowhere, a file that would be written is verified.
 */
#ifndef TESTS_FUZZ_BUNDLER_STUBS_H
#define TESTS_FUZZ_BUNDLER_STUBS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/writer.h"

/*
 * What children answer from now on: the first one up to where the bundler stops to read, the next
 * one from there on, or from the start if nothing is left.
 */
void stub_set_answer(const uint8_t *data, size_t size);

/* Lay out what was described; it must verify, unless the writer refuses it. */
void stub_check_writer(struct pyb_writer *writer);

#endif
