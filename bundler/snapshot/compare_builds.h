/* SPDX-License-Identifier: MIT */
/*
 * Comparing the memory of two starts (pair.h). What a start is told otherwise, and is still in its memory,
 * would be in the memory of each process that goes on with a snapshot: so it is of a known kind, or there is
 * no snapshot.
 */
#ifndef BUNDLER_SNAPSHOT_COMPARE_BUILDS_H
#define BUNDLER_SNAPSHOT_COMPARE_BUILDS_H

#include "bundler/snapshot/built.h"
#include "lib/error.h"

/*
 * Errors: PYB_ERR_MISMATCH if they differ: the text says where, whose memory that is, and by what.
 */
enum pyb_status compare_builds(const struct built *first, const struct built *second,
			       struct pyb_error *error);

/*
 * Why a difference of the word at an address, which both have stored, does not matter; NULL: it does. Static
 * storage. What is a fix-up is not asked for.
 */
const char *compare_known_reason(const struct built *first, const struct built *second,
				 uint64_t address);

#endif
