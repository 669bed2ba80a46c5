/* SPDX-License-Identifier: MIT */
/*
 * Bad memos. A start meets what is wrong with an entry only if it looks for it, and some faults only
 * `pybundle verify` can see: the names of such cases begin with `late_`.
 */
#include "tests/cli/spoil.h"

#include <string.h>

#include "lib/digest.h"

struct memo spoil_memo(struct bundle *bundle, uint32_t type)
{
	struct memo memo = {.head = spoil_contents(bundle, type)};

	memo.slots = (uint32_t *)(void *)(memo.head + 1);
	memo.entries = (struct pyb_memo_entry *)(void *)(memo.slots + memo.head->slot_count);
	memo.data = (uint8_t *)(memo.entries + memo.head->entry_count);
	return memo;
}

static struct memo regexes(struct bundle *bundle)
{
	return spoil_memo(bundle, PYB_SECTION_REGEXES);
}

static struct memo generated(struct bundle *bundle)
{
	return spoil_memo(bundle, PYB_SECTION_GENERATED);
}

/* The value of an entry of REGEXES. */
static struct pyb_regex *regex(const struct memo *memo, uint32_t number)
{
	return (struct pyb_regex *)(void *)(memo->data + memo->entries[number].offset);
}

void spoil_stamp_values(const struct memo *memo)
{
	for (uint32_t i = 0; i < memo->head->entry_count; i++) {
		struct pyb_memo_entry *const entry = &memo->entries[i];
		entry->checksum = pyb_digest64(memo->data + entry->offset, entry->value_size);
	}
}

/* --- heads and tables */

static void memo_cut_off(struct bundle *bundle)
{
	struct pyb_section *const section = spoil_section(bundle, PYB_SECTION_REGEXES);

	/* Zero, as what lies between sections. */
	memset(spoil_contents(bundle, PYB_SECTION_REGEXES), 0, section->size);
	section->size = section->stored_size = sizeof(struct pyb_memo) - 1;
}

static void memo_odd_slots(struct bundle *bundle)
{
	regexes(bundle).head->slot_count--;
}

static void memo_no_slots(struct bundle *bundle)
{
	generated(bundle).head->slot_count = 0;
}

static void memo_too_few_slots(struct bundle *bundle)
{
	struct pyb_memo *const head = regexes(bundle).head;

	head->entry_count = head->slot_count / 2 + 1;
}

static void memo_tables_cut_off(struct bundle *bundle)
{
	generated(bundle).head->slot_count = UINT32_C(1) << 31;
}

static void memo_checksum(struct bundle *bundle)
{
	regexes(bundle).head->checksum ^= 1;
}

static void memo_slots_beyond_entries(struct bundle *bundle)
{
	const struct memo memo = generated(bundle);

	for (uint32_t i = 0; i < memo.head->slot_count; i++)
		memo.slots[i] = memo.head->entry_count + 1;
}

static void late_slot_gone(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);
	uint32_t slot = 0;

	while (memo.slots[slot] == 0)
		slot++;
	memo.slots[slot] = 0;
}

/* --- entries */

static void memo_values_beyond_data(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		memo.entries[i].offset = UINT32_C(0xfffffff8);
}

static void memo_values_too_long(struct bundle *bundle)
{
	const struct memo memo = generated(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		memo.entries[i].value_size = UINT32_MAX;
}

static void memo_values_unaligned(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		memo.entries[i].offset += 4;
}

static void memo_value_bytes(struct bundle *bundle)
{
	const struct memo memo = generated(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		memo.data[memo.entries[i].offset] ^= 1;
}

static void late_wrong_hash(struct bundle *bundle)
{
	regexes(bundle).entries[0].hash ^= UINT64_C(1) << 63;
}

static void late_text_max(struct bundle *bundle)
{
	regexes(bundle).head->text_max--;
}

static void late_unknown_unit(struct bundle *bundle)
{
	regexes(bundle).entries[0].qualifier += 8;
}

static void late_unknown_mode(struct bundle *bundle)
{
	generated(bundle).entries[0].qualifier += 3;
}

static void late_name_of_pattern(struct bundle *bundle)
{
	struct pyb_memo_entry *entry = regexes(bundle).entries;

	while (entry->text_size == 0)
		entry++;
	entry->name_size = 1;
	entry->text_size--;
}

static void late_gap_byte(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);
	uint64_t end = 0;

	for (uint32_t i = 0; i < memo.head->entry_count; i++) {
		const struct pyb_memo_entry *const entry = &memo.entries[i];
		if (entry->offset > end) {
			memo.data[end] = 1;
			return;
		}
		end = (uint64_t)entry->offset + entry->value_size + entry->text_size +
		      entry->name_size;
	}
}

static void late_overlapping_values(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle); /* there are several of them in any version */

	memo.entries[1] = memo.entries[0];
}

static void late_bytes_behind(struct bundle *bundle)
{
	struct pyb_section *const section = spoil_section(bundle, PYB_SECTION_REGEXES);

	section->size++;
	section->stored_size++;
}

/* --- compiled patterns */

static void regex_code_cut_off(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		regex(&memo, i)->code_count = UINT32_MAX;
	spoil_stamp_values(&memo);
}

static void regex_names_cut_off(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		regex(&memo, i)->name_count = UINT32_MAX;
	spoil_stamp_values(&memo);
}

static void regex_size(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++) {
		regex(&memo, i)->code_count--;
		regex(&memo, i)->name_count = 0;
	}
	spoil_stamp_values(&memo);
}

static void regex_groups(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	for (uint32_t i = 0; i < memo.head->entry_count; i++)
		regex(&memo, i)->groups = UINT32_MAX;
	spoil_stamp_values(&memo);
}

/* The names of the first pattern that has any. */
static struct pyb_regex_name *names(const struct memo *memo)
{
	uint32_t i = 0;

	while (regex(memo, i)->name_count == 0)
		i++;
	uint32_t *const code = (uint32_t *)(void *)(regex(memo, i) + 1);
	return (struct pyb_regex_name *)(void *)(code + regex(memo, i)->code_count);
}

static void late_name_of_group_0(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	names(&memo)->group = 0;
	spoil_stamp_values(&memo);
}

static void late_name_of_no_group(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	names(&memo)->group = UINT32_C(1000000);
	spoil_stamp_values(&memo);
}

static void late_empty_name(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	names(&memo)->size = 0;
	spoil_stamp_values(&memo);
}

static void late_long_name(struct bundle *bundle)
{
	const struct memo memo = regexes(bundle);

	names(&memo)->size = UINT32_MAX;
	spoil_stamp_values(&memo);
}

#define MEMO(name, message)                                      \
	{                                                        \
#name, PYB_ERR_DAMAGED, message, STAMP_ALL, name \
	}

#define HEAD "the head of a memo is malformed"
#define ENTRY "an entry of a memo is malformed"
#define VALUE "an entry of a memo has an illegal value"
#define LOST "an entry of a memo is not found by its text"

const struct spoil_case spoil_memo_cases[] = {
	MEMO(memo_cut_off, HEAD),
	MEMO(memo_odd_slots, HEAD),
	MEMO(memo_no_slots, HEAD),
	MEMO(memo_too_few_slots, HEAD),
	MEMO(memo_tables_cut_off, "the tables of a memo are cut off"),
	{"memo_checksum", PYB_ERR_DAMAGED, "the checksum of a memo's tables is wrong",
	 STAMP_SECTIONS, memo_checksum},
	MEMO(memo_slots_beyond_entries, "a memo"),
	MEMO(late_slot_gone, "a memo has a wrong number of slots in use"),
	MEMO(memo_values_beyond_data, ENTRY),
	MEMO(memo_values_too_long, ENTRY),
	MEMO(memo_values_unaligned, ENTRY),
	MEMO(memo_value_bytes, "the checksum of a memo's value is wrong"),
	MEMO(late_wrong_hash, LOST),
	MEMO(late_text_max, LOST),
	MEMO(late_unknown_unit, VALUE),
	MEMO(late_unknown_mode, VALUE),
	MEMO(late_name_of_pattern, "an entry of a memo"),
	MEMO(late_gap_byte, ENTRY),
	MEMO(late_overlapping_values, ENTRY),
	MEMO(late_bytes_behind, "a memo has bytes that belong to no entry"),
	MEMO(regex_code_cut_off, "a compiled pattern is cut off"),
	MEMO(regex_names_cut_off, "a compiled pattern is cut off"),
	MEMO(regex_size, "a compiled pattern has a wrong size"),
	MEMO(regex_groups, "a compiled pattern has a wrong size"),
	MEMO(late_name_of_group_0, "a compiled pattern names a wrong group"),
	MEMO(late_name_of_no_group, "a compiled pattern names a wrong group"),
	MEMO(late_empty_name, "a compiled pattern names a wrong group"),
	MEMO(late_long_name, "a compiled pattern has a wrong size"),
	{0},
};
