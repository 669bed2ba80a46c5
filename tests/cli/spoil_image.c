/* SPDX-License-Identifier: MIT */
/*
 * Bad images. What only `pybundle verify` finds, such as wrong pointers, is for unit tests: a program
 * that is given a wrong pointer with a right checksum does with it what it is told.
 */
#include "tests/cli/spoil.h"

#include <string.h>

#include "lib/image_tables.h"

static struct pyb_image *description(struct bundle *bundle)
{
	return spoil_contents(bundle, PYB_SECTION_IMAGE);
}

static struct pyb_image_module *modules(struct bundle *bundle)
{
	return (struct pyb_image_module *)(void *)(description(bundle) + 1);
}

static struct pyb_image_group *groups(struct bundle *bundle)
{
	return (struct pyb_image_group *)(void *)(modules(bundle) +
						  description(bundle)->module_count);
}

static struct pyb_image_frozenset *frozensets(struct bundle *bundle)
{
	return (struct pyb_image_frozenset *)(void *)(groups(bundle) +
						      description(bundle)->group_count);
}

static struct pyb_image_static *statics(struct bundle *bundle)
{
	return (struct pyb_image_static *)(void *)(frozensets(bundle) +
						   description(bundle)->frozenset_count);
}

static struct pyb_image_interned *interned(struct bundle *bundle)
{
	return (struct pyb_image_interned *)(void *)(statics(bundle) +
						     description(bundle)->static_count);
}

static void shorten(struct bundle *bundle, uint32_t type, uint64_t size)
{
	struct pyb_section *const entry = spoil_section(bundle, type);

	entry->size = entry->stored_size = size;
}

static void no_image(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_IMAGE)->type = PYB_SECTION_SHADOWS;
}

static void image_and_marshal(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_COLD)->type = PYB_SECTION_DEMAND;
}

static void payload_marshal(struct bundle *bundle)
{
	bundle->header->payload = PYB_PAYLOAD_MARSHAL;
}

static void image_cut_off(struct bundle *bundle)
{
	shorten(bundle, PYB_SECTION_IMAGE, sizeof(struct pyb_image) - 1);
}

static void image_too_short(struct bundle *bundle)
{
	const uint64_t size = spoil_section(bundle, PYB_SECTION_IMAGE)->size - 4;

	memset((char *)description(bundle) + size, 0, 4);
	shorten(bundle, PYB_SECTION_IMAGE, size);
}

static void half_slot(struct bundle *bundle)
{
	shorten(bundle, PYB_SECTION_RELOCATIONS,
		spoil_section(bundle, PYB_SECTION_RELOCATIONS)->size - 1);
}

static void half_object(struct bundle *bundle)
{
	shorten(bundle, PYB_SECTION_COLD, spoil_section(bundle, PYB_SECTION_COLD)->size - 1);
}

static void image_reserved(struct bundle *bundle)
{
	description(bundle)->reserved = 1;
}

static void image_byte(struct bundle *bundle)
{
	description(bundle)->struct_abi ^= 1;
}

static void other_struct_abi(struct bundle *bundle)
{
	description(bundle)->struct_abi ^= 1;
}

static void base_0(struct bundle *bundle)
{
	description(bundle)->base = 0;
}

static void base_odd(struct bundle *bundle)
{
	description(bundle)->base += PYB_PAGE_SIZE;
}

static void base_high(struct bundle *bundle)
{
	description(bundle)->base = UINT64_C(0xffff800000000000);
}

static void span_odd(struct bundle *bundle)
{
	description(bundle)->hot_span += PYB_PAGE_SIZE;
}

static void span_0(struct bundle *bundle)
{
	description(bundle)->hot_span = 0;
}

static void image_modules(struct bundle *bundle)
{
	description(bundle)->module_count++;
}

static void image_interned(struct bundle *bundle)
{
	description(bundle)->interned_count = UINT32_MAX;
}

static void no_groups(struct bundle *bundle)
{
	description(bundle)->group_count = 0;
}

static void code_position(struct bundle *bundle)
{
	modules(bundle)->code++;
}

static void group_number(struct bundle *bundle)
{
	modules(bundle)->group = description(bundle)->group_count;
}

static void module_frozensets(struct bundle *bundle)
{
	modules(bundle)->frozensets.count = UINT32_MAX;
}

static void group_relocations(struct bundle *bundle)
{
	groups(bundle)->internal.count = UINT32_MAX;
}

static void group_interned(struct bundle *bundle)
{
	groups(bundle)->interned.first = description(bundle)->interned_count + 1;
}

static void interned_byte(struct bundle *bundle)
{
	interned(bundle)->string ^= 1;
}

static void interned_position(struct bundle *bundle)
{
	interned(bundle)->string = UINT32_MAX;
}

static void interned_slots(struct bundle *bundle)
{
	interned(bundle)->slots.first = UINT32_MAX;
}

static void frozenset_slot(struct bundle *bundle)
{
	frozensets(bundle)->elements = UINT32_MAX;
}

static void hot_byte(struct bundle *bundle)
{
	((uint8_t *)spoil_contents(bundle, PYB_SECTION_HOT))[100] ^= 1;
}

/* The last one of the last group. */
static void cold_byte(struct bundle *bundle)
{
	((uint8_t *)spoil_contents(
		bundle, PYB_SECTION_COLD))[spoil_section(bundle, PYB_SECTION_COLD)->size - 1] ^= 1;
}

/* Of a startup module, and of one that is imported later. */
static void first_cold_byte(struct bundle *bundle)
{
	((uint8_t *)spoil_contents(bundle, PYB_SECTION_COLD))[0] ^= 1;
}

static void first_slot(struct bundle *bundle)
{
	((uint32_t *)spoil_contents(bundle, PYB_SECTION_RELOCATIONS))[0] ^= 1;
}

static void last_slot(struct bundle *bundle)
{
	const uint64_t size = spoil_section(bundle, PYB_SECTION_RELOCATIONS)->size;

	((uint8_t *)spoil_contents(bundle, PYB_SECTION_RELOCATIONS))[size - sizeof(uint32_t)] ^= 1;
}

static void group_cold(struct bundle *bundle)
{
	groups(bundle)->cold.count = UINT32_MAX;
}

static void group_other_relocations(struct bundle *bundle)
{
	groups(bundle)->relocations.count--;
}

#define IMAGE(name, message)                                     \
	{                                                        \
#name, PYB_ERR_DAMAGED, message, STAMP_ALL, name \
	}
#define HEADER(name, message)                                       \
	{                                                           \
#name, PYB_ERR_DAMAGED, message, STAMP_HEADER, name \
	}

#define PAYLOAD "a section is there that belongs to another kind of payload"
#define DESCRIPTION "the description of the image has an illegal value"
#define SIZES "the tables of the image have wrong sizes"
#define MODULE "the image's record of a module has an illegal value"
#define GROUP "a group of the image has an illegal value"
#define COLD "the checksum of a group's objects or relocations is wrong"
#define INTERNED "an interned string of the image has an illegal value"

const struct spoil_case spoil_image_cases[] = {
	HEADER(no_image, "the payload is an image, and its description is not there"),
	HEADER(image_and_marshal, PAYLOAD),
	HEADER(payload_marshal, PAYLOAD),
	IMAGE(image_cut_off, "the description of the image is cut off"),
	IMAGE(image_too_short, SIZES),
	IMAGE(half_slot, "a table does not consist of whole records"),
	IMAGE(half_object, DESCRIPTION),
	IMAGE(image_reserved, DESCRIPTION),
	{"image_byte", PYB_ERR_DAMAGED, "the checksum of the description of the image is wrong",
	 STAMP_SECTIONS, image_byte},
	IMAGE(base_0, DESCRIPTION),
	IMAGE(base_odd, DESCRIPTION),
	IMAGE(base_high, DESCRIPTION),
	IMAGE(span_odd, DESCRIPTION),
	IMAGE(span_0, DESCRIPTION),
	IMAGE(image_modules, SIZES),
	IMAGE(image_interned, SIZES),
	IMAGE(no_groups, SIZES),
	IMAGE(code_position, MODULE),
	IMAGE(group_number, MODULE),
	IMAGE(module_frozensets, MODULE),
	IMAGE(group_relocations, GROUP),
	IMAGE(group_interned, GROUP),
	IMAGE(group_cold, GROUP),
	IMAGE(group_other_relocations, INTERNED),
	{"first_cold_byte", PYB_ERR_DAMAGED, COLD, STAMP_SECTIONS, first_cold_byte},
	{"last_cold_byte", PYB_ERR_DAMAGED, COLD, STAMP_SECTIONS, cold_byte},
	{"first_slot", PYB_ERR_DAMAGED, COLD, STAMP_SECTIONS, first_slot},
	{"last_slot", PYB_ERR_DAMAGED, COLD, STAMP_SECTIONS, last_slot},
	{"interned_byte", PYB_ERR_DAMAGED, "the checksum of a group of the image is wrong",
	 STAMP_SECTIONS, interned_byte},
	IMAGE(interned_position, INTERNED),
	IMAGE(interned_slots, INTERNED),
	IMAGE(frozenset_slot, "a frozenset of the image has an illegal value"),
	HEADER(hot_byte, "the checksum of section 'hot' is wrong"),
	HEADER(cold_byte, "the checksum of section 'cold' is wrong"),
	{"other_struct_abi", PYB_ERR_MISMATCH,
	 "its objects have other structures than those of CPython ", STAMP_ALL, other_struct_abi},
	{0},
};
