/* SPDX-License-Identifier: MIT */
/*
 * Bundles as a later version of the format may write them, one case for each rule of "How the format
 * grows" in format.md. PYB_OK: a reader uses the bundle; the message is what `pybundle verify` notes.
 */
#include <string.h>

#include "lib/policy.h"
#include "tests/cli/spoil.h"

enum { UNKNOWN_TYPE = 77 };

/* A further section of one page. */
static struct pyb_section *add_section(struct bundle *bundle, uint32_t flags)
{
	uint8_t page[PYB_PAGE_SIZE];

	memset(page, 'x', sizeof(page));
	struct pyb_section *const added = spoil_insert(bundle, UNKNOWN_TYPE, page, sizeof(page));
	added->flags = flags;
	return added;
}

static void optional_section(struct bundle *bundle)
{
	add_section(bundle, 0);
}

/* Flags and size of a section that is passed over mean nothing to who passes it over. */
static void optional_section_with_flags(struct bundle *bundle)
{
	add_section(bundle, UINT32_C(0x80001000))->size = 12345;
}

static void two_optional_sections(struct bundle *bundle)
{
	struct pyb_section *const first = add_section(bundle, 0);

	first[2] = first[1];
	first[1] = *first;
	first[1].offset += PYB_PAGE_SIZE;
	first[1].stored_size = first[1].size = 0;
	bundle->header->section_count++;
}

static void ignored_flag(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->flags = UINT32_C(0x10000);
}

static void required_known_section(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->flags = PYB_SECTION_FLAG_REQUIRED;
}

static void other_policy(struct bundle *bundle)
{
	bundle->header->policies |= UINT32_C(0x8000);
}

/* A bit that the importer has for itself is another version's when it stands in a file. */
static void policy_of_importer(struct bundle *bundle)
{
	bundle->header->policies |= PYB_POLICY_REGEXES | UINT32_C(0x80000000);
}

static void compatible_feature(struct bundle *bundle)
{
	bundle->header->compat |= UINT64_C(1) << 40;
}

static void newer_version(struct bundle *bundle)
{
	bundle->header->format_version++;
}

static void incompatible_feature(struct bundle *bundle)
{
	bundle->header->incompat |= UINT64_C(1) << 40;
}

static void other_payload(struct bundle *bundle)
{
	bundle->header->payload = 200;
}

static void other_check(struct bundle *bundle)
{
	bundle->header->check = 200;
}

static void required_section(struct bundle *bundle)
{
	add_section(bundle, PYB_SECTION_FLAG_REQUIRED);
}

static void section_flag(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->flags = 0x100;
}

/* What is new does not excuse what is old. */
static void optional_section_beyond_end(struct bundle *bundle)
{
	add_section(bundle, 0)->stored_size = UINT64_MAX / 2;
}

static void optional_section_overlaps(struct bundle *bundle)
{
	add_section(bundle, 0)->offset = PYB_PAGE_SIZE;
}

static void optional_section_in_place_of_index(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->type = UNKNOWN_TYPE;
}

#define USED(name, message)                                  \
	{                                                    \
#name, PYB_OK, message, STAMP_SECTIONS, name \
	}
#define UNSUPPORTED(name, message)                                        \
	{                                                                 \
#name, PYB_ERR_UNSUPPORTED, message, STAMP_SECTIONS, name \
	}
#define DAMAGED(name, message)                                      \
	{                                                           \
#name, PYB_ERR_DAMAGED, message, STAMP_HEADER, name \
	}

const struct spoil_case spoil_growth_cases[] = {
	USED(optional_section, "note: section type 0x4d is of another version, and ignored"),
	USED(optional_section_with_flags, "note: section type 0x4d"),
	USED(two_optional_sections, "note: section type 0x4d"),
	USED(ignored_flag, "fresh"),
	USED(required_known_section, "fresh"),
	USED(other_policy, "note: policy 0x8000 is of another version, and ignored"),
	USED(policy_of_importer, "note: policy 0x80010000 is of another version, and ignored"),
	USED(compatible_feature, "note: feature 0x10000000000 is of another version, and ignored"),
	UNSUPPORTED(newer_version, "it has another version of the bundle format"),
	UNSUPPORTED(incompatible_feature, "it needs a feature that this version lacks"),
	UNSUPPORTED(other_payload, "its payload is of an unknown kind"),
	UNSUPPORTED(other_check, "it wants changes to be noticed in a way"),
	UNSUPPORTED(required_section, "it needs a kind of section that this version does not know"),
	UNSUPPORTED(section_flag, "it has a section that is stored in a way"),
	DAMAGED(optional_section_beyond_end, "a section reaches beyond the end of the file"),
	DAMAGED(optional_section_overlaps, "two sections overlap"),
	DAMAGED(optional_section_in_place_of_index, "the index has a wrong number of slots"),
	{0},
};
