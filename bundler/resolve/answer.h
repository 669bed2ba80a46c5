/* SPDX-License-Identifier: MIT */
/* The decoding of the resolver's answer; for resolver.c only. */
#ifndef BUNDLER_RESOLVE_ANSWER_H
#define BUNDLER_RESOLVE_ANSWER_H

#include "bundler/process/records.h"
#include "bundler/resolve/resolver.h"

/* The state of one answer. */
struct answer {
	struct resolution *resolution;
	struct progress *progress;
	const char *real_executable, *libpython; /* from the fingerprint; "" for none */
	char at[128]; /* what it looks for, shortened; "" before the first */
	uint32_t record_count;
	uint64_t size; /* of all payloads so far, in bytes */
	bool has_fingerprint;
	bool is_complete; /* the last record was seen */
	struct pyb_error *error;
};

/*
 * Take one record. Its payload belongs to the resolution afterwards, or is freed.
 * Errors: PYB_ERR_DAMAGED, PYB_ERR_MEMORY.
 */
enum pyb_status answer_take(struct answer *answer, struct record *record);

#endif
