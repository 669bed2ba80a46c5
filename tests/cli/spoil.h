/* SPDX-License-Identifier: MIT */
/* Cases of bad bundles, in tables that end with an empty one. */
#ifndef TESTS_SPOIL_H
#define TESTS_SPOIL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"

/* A bundle in memory; the layout is known from its good form. */
struct bundle {
	uint8_t *bytes;
	size_t size;
	struct pyb_header *header;
};

/* Which checksums are put right after a bundle was spoilt. */
enum stamp {
	STAMP_NOTHING,
	STAMP_HEADER,
	STAMP_SECTIONS, /* and the header's */
	STAMP_ALL,      /* those in the image and in the memos too */
};

struct spoil_case {
	const char *name;
	enum pyb_status status;
	const char *message; /* part of what the reader says */
	enum stamp stamp;
	void (*spoil)(struct bundle *bundle);
};

extern const struct spoil_case spoil_header_cases[]; /* for bundles of marshalled code */
extern const struct spoil_case spoil_table_cases[];  /* the same */
extern const struct spoil_case spoil_growth_cases[]; /* what another version may have written */
extern const struct spoil_case spoil_image_cases[];  /* for those with an image */
extern const struct spoil_case spoil_memo_cases[];   /* for those with memos */
extern const struct spoil_case
	spoil_metadata_cases[]; /* for those with metadata of distributions */

extern const struct spoil_case spoil_snapshot_cases[]; /* for those without a snapshot */

/* The parts of a memo. */
struct memo {
	struct pyb_memo *head;
	uint32_t *slots;
	struct pyb_memo_entry *entries;
	uint8_t *data;
};

struct memo spoil_memo(struct bundle *bundle, uint32_t type);

/* Make the checksum of each value of a memo right again. */
void spoil_stamp_values(const struct memo *memo);

/* A section of the good bundle, and its bytes. It is an error of the test if it is not there. */
struct pyb_section *spoil_section(struct bundle *bundle, uint32_t type);
void *spoil_contents(struct bundle *bundle, uint32_t type);

/* Add a section in front of the archive, which ends the file. What was found of the bundle before is gone. */
struct pyb_section *spoil_insert(struct bundle *bundle, uint32_t type, const void *contents,
				 size_t size);

#endif
