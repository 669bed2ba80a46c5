/* SPDX-License-Identifier: MIT */
/*
 * Bad values in METADATA. The bundle has one distribution, and what it depends on. A start that finds out
 * of something at the latter reads the metadata without a word; the names of such cases begin with `late_`.
 */
#include "tests/cli/spoil.h"

#include <string.h>

/* The entry with this qualifier. */
static struct pyb_memo_entry *entry(const struct memo *memo, enum pyb_metadata_kind kind)
{
	uint32_t i = 0;

	while (memo->entries[i].qualifier != kind)
		i++;
	return &memo->entries[i];
}

/* Replace the value of an entry by one that is no longer; only what it is cut off by is lost. */
static void set_value(struct bundle *bundle, enum pyb_metadata_kind kind, size_t at,
		      const char *value, size_t size)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	const struct pyb_memo_entry *const old = entry(&memo, kind);
	uint8_t *const data = memo.data + old->offset + at;
	const size_t room = old->value_size - at;

	memcpy(data, value, size);
	/* What is left is one item or text, and ends where it did. */
	if (size < room)
		memset(data + size, 'x', room - size - 1);
	spoil_stamp_values(&memo);
}

/* The items, which come behind the facts about two files. */
#define ITEMS(name, items)                                                               \
	static void name(struct bundle *bundle)                                          \
	{                                                                                \
		set_value(bundle, PYB_METADATA_DISTRIBUTION,                             \
			  PYB_DISTRIBUTION_FILES * sizeof(struct pyb_file_facts), items, \
			  sizeof(items) - 1);                                            \
	}

ITEMS(items_unknown_letter, "oDistribution\0kname\0zero\0")
ITEMS(items_text_alone, "sa text\0")
ITEMS(items_empty_class, "o\0")
ITEMS(items_empty_attribute, "oDistribution\0k\0n\0")
ITEMS(items_value_without_name, "oDistribution\0n\0")
ITEMS(items_name_without_value, "oDistribution\0kname\0e\0")
ITEMS(items_more_behind_end, "oDistribution\0e\0")
ITEMS(items_never_end, "oDistribution\0kname\0s")
ITEMS(items_empty_item, "oDistribution\0\0")
ITEMS(items_too_deep, "oA\0ka\0oA\0ka\0oA\0ka\0oA\0ka\0oA\0ka\0")
ITEMS(items_huge_number, "oA\0ki\0i1234567890\0")
ITEMS(items_no_number, "oA\0ki\0i\0")
ITEMS(items_bare_minus, "oA\0ki\0i-\0")
ITEMS(items_hexadecimal_number, "oA\0ki\0i0x10\0")
ITEMS(items_string_from_nowhere, "oA\0ki\0r0\0")
ITEMS(items_string_from_itself, "oA\0ki\0sa\0kj\0r1\0")
ITEMS(items_huge_string_number, "oA\0ki\0sa\0kj\0r4294967296\0")
ITEMS(items_negative_string_number, "oA\0ki\0sa\0kj\0r-1\0")
ITEMS(items_none_with_more, "oA\0ki\0none\0")
ITEMS(items_path_with_more, "oA\0ki\0path\0")
ITEMS(items_end_with_more, "oA\0ki\0n\0end\0")

/* Well-formed besides. */
static void late_items_not_utf_8(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	const struct pyb_memo_entry *const old = entry(&memo, PYB_METADATA_DISTRIBUTION);
	uint8_t *const items =
		memo.data + old->offset + PYB_DISTRIBUTION_FILES * sizeof(struct pyb_file_facts);

	items[1] = 0xff;
	spoil_stamp_values(&memo);
}

static void items_without_end(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	const struct pyb_memo_entry *const old = entry(&memo, PYB_METADATA_DISTRIBUTION);

	memo.data[old->offset + old->value_size - 1] = 'x';
	spoil_stamp_values(&memo);
}

static void no_file(struct bundle *bundle)
{
	static const char zero[sizeof(uint64_t)] = {0};
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);

	memcpy(memo.data + entry(&memo, PYB_METADATA_DISTRIBUTION)->offset, zero, sizeof(zero));
	spoil_stamp_values(&memo);
}

/* The number of strings that can be referred to is limited. */
static void items_too_many_strings(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	const struct pyb_memo_entry *const old = entry(&memo, PYB_METADATA_DISTRIBUTION);
	char *item = (char *)memo.data + old->offset +
		     PYB_DISTRIBUTION_FILES * sizeof(struct pyb_file_facts);

	memcpy(item, "oA", sizeof("oA"));
	item += sizeof("oA");
	for (int i = 0; i < PYB_DISTRIBUTION_TEXTS + 1; i++, item += 5)
		memcpy(item, "ka\0s", 5);
	memset(item, 'x', (size_t)((char *)memo.data + old->offset + old->value_size - 1 - item));
	spoil_stamp_values(&memo);
}

/* --- what it depends on */

static void late_label_without_end(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	const struct pyb_memo_entry *const old = entry(&memo, PYB_METADATA_WITNESSES);

	memo.data[old->offset + old->value_size - 1] = 'x';
	spoil_stamp_values(&memo);
}

static void late_empty_label(struct bundle *bundle)
{
	set_value(bundle, PYB_METADATA_WITNESSES, 0, "os\0path\0\0", 9);
}

static void late_labels_left_over(struct bundle *bundle)
{
	set_value(bundle, PYB_METADATA_WITNESSES, 0, "os\0path\0m:posixpath\0", 20);
}

/* --- keys */

static void late_unknown_kind_of_metadata(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);

	entry(&memo, PYB_METADATA_DISTRIBUTION)->qualifier = 2;
}

static void late_metadata_with_name(struct bundle *bundle)
{
	const struct memo memo = spoil_memo(bundle, PYB_SECTION_METADATA);
	struct pyb_memo_entry *const old = entry(&memo, PYB_METADATA_DISTRIBUTION);

	old->name_size = 1;
	old->text_size--;
}

#define METADATA(name, message)                                  \
	{                                                        \
#name, PYB_ERR_DAMAGED, message, STAMP_ALL, name \
	}

#define MALFORMED "a distribution is malformed"

const struct spoil_case spoil_metadata_cases[] = {
	METADATA(items_unknown_letter, MALFORMED),
	METADATA(items_text_alone, MALFORMED),
	METADATA(items_empty_class, MALFORMED),
	METADATA(items_empty_attribute, MALFORMED),
	METADATA(items_value_without_name, MALFORMED),
	METADATA(items_name_without_value, MALFORMED),
	METADATA(items_more_behind_end, MALFORMED),
	METADATA(items_never_end, MALFORMED),
	METADATA(items_empty_item, MALFORMED),
	METADATA(items_too_deep, MALFORMED),
	METADATA(items_huge_number, MALFORMED),
	METADATA(items_no_number, MALFORMED),
	METADATA(items_bare_minus, MALFORMED),
	METADATA(items_hexadecimal_number, MALFORMED),
	METADATA(items_string_from_nowhere, MALFORMED),
	METADATA(items_string_from_itself, MALFORMED),
	METADATA(items_huge_string_number, MALFORMED),
	METADATA(items_negative_string_number, MALFORMED),
	METADATA(items_none_with_more, MALFORMED),
	METADATA(items_path_with_more, MALFORMED),
	METADATA(items_end_with_more, MALFORMED),
	METADATA(items_too_many_strings, MALFORMED),
	METADATA(items_without_end, "a distribution is cut off"),
	METADATA(no_file, "a distribution is of no file"),
	METADATA(late_items_not_utf_8, "a distribution has a text that is not UTF-8"),
	METADATA(late_label_without_end, "what metadata depends on is cut off"),
	METADATA(late_empty_label, "what metadata depends on is malformed"),
	METADATA(late_labels_left_over, "what metadata depends on is malformed"),
	METADATA(late_unknown_kind_of_metadata, "an entry of a memo"),
	METADATA(late_metadata_with_name, "an entry of a memo"),
	{0},
};
