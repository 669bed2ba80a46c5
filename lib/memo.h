/* SPDX-License-Identifier: MIT */
/*
 * Reading REGEXES, GENERATED, SITE and METADATA, the memos: what was compiled or read when the bundle
 * was made, found by the text that it was compiled from, or by the path of the folder. Nothing is
 * allocated; views point into the bundle. A view may be used by several threads.
 */
#ifndef PYB_MEMO_H
#define PYB_MEMO_H

#include <stdbool.h>

#include "lib/reader.h"

struct pyb_memo_view {
	const struct pyb_memo *memo;
	const uint32_t *slots;
	const struct pyb_memo_entry *entries;
	struct pyb_bytes data;
};

/* What an entry is found by. */
struct pyb_memo_key {
	struct pyb_bytes text; /* data may be NULL if the size is 0 */
	struct pyb_bytes name; /* the same */
	uint64_t qualifier;    /* PYB_REGEX_QUALIFIER(), PYB_GENERATED_QUALIFIER() */
};

/* A compiled regular expression. */
struct pyb_regex_view {
	const struct pyb_regex *regex;
	const uint32_t *code; /* regex->code_count words */
	const struct pyb_regex_name
		*names;    /* regex->name_count names, in the order of their texts */
	const char *texts; /* one behind the other, UTF-8, without a NUL */
};

/* The .pth files of a site folder. */
struct pyb_site_view {
	uint32_t name_count;
	const char *names; /* not empty, without a slash, a NUL behind each */
};

/*
 * Check the head and the tables of the section, one of the four. view->memo is NULL if the bundle has
 * none. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_memo_open(const struct pyb_reader *reader, enum pyb_section_type type,
			      struct pyb_memo_view *view, struct pyb_error *error);

/*
 * Find the value for a key, its checksum verified; data is NULL if there is none. O(1) and without a
 * look at the texts if there is none. The view must have a memo. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_memo_find(const struct pyb_memo_view *view, const struct pyb_memo_key *key,
			      struct pyb_bytes *value, struct pyb_error *error);

/* Take the value of an entry of REGEXES apart. Errors: PYB_ERR_DAMAGED. */
enum pyb_status pyb_regex_open(const struct pyb_bytes *value, struct pyb_regex_view *view,
			       struct pyb_error *error);

/* Take the value of an entry of SITE apart. Errors: PYB_ERR_DAMAGED. */
enum pyb_status pyb_site_open(const struct pyb_bytes *value, struct pyb_site_view *view,
			      struct pyb_error *error);

/*
 * Check the memos completely, but for the checksums of their sections. For `pybundle verify`.
 * Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_memos_verify(const struct pyb_reader *reader, struct pyb_error *error);

/* The hash under which a key is found. */
uint64_t pyb_memo_hash(const struct pyb_memo_key *key);

/* The checksum of the head and the tables, `size` bytes. */
uint64_t pyb_memo_checksum(const struct pyb_memo *memo, size_t size);

#endif
