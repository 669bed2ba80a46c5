/* SPDX-License-Identifier: MIT */
/* Each rule that an image must keep is checked by the reader, at the stage that promises it. */
#include "tests/unit/image_sample.h"

#include "lib/digest.h"
#include "lib/header.h"
#include "lib/image_tables.h"

/* The good bundle, to be spoilt. */
struct spoilt {
	struct pyb_header *header;
	struct tables *tables;
	uint32_t *relocations;
	uint64_t *hot, *cold;
	struct pyb_module *records;
	char *names; /* of frozen modules */
};

enum stage { AT_INIT, AT_OPEN, AT_GROUP, AT_COLD, AT_FROZENSETS, AT_VERIFY, NOWHERE };

struct rule {
	enum stage stage; /* that finds it */
	const char *message;
	void (*spoil)(struct spoilt *bundle);
};

/* NULL if there is none. */
static struct pyb_section *find_section(struct pyb_header *header, uint32_t type)
{
	for (uint32_t i = 0; i < header->section_count; i++)
		if (header->sections[i].type == type)
			return &header->sections[i];
	return NULL;
}

static struct pyb_section *section(struct pyb_header *header, uint32_t type)
{
	struct pyb_section *const found = find_section(header, type);

	ck_assert_msg(found != NULL, "no section %u", type);
	return found;
}

#define SPOIL(name, ...)                        \
	static void name(struct spoilt *bundle) \
	{                                       \
		__VA_ARGS__;                    \
	}

SPOIL(no_image, section(bundle->header, PYB_SECTION_IMAGE)->type = PYB_SECTION_SITE)
SPOIL(marshalled_code, section(bundle->header, PYB_SECTION_RELOCATIONS)->type = PYB_SECTION_DEMAND)
SPOIL(marshal_payload, bundle->header->payload = PYB_PAYLOAD_MARSHAL)
SPOIL(short_image, section(bundle->header, PYB_SECTION_IMAGE)->size =
			   section(bundle->header, PYB_SECTION_IMAGE)->stored_size = 60)
SPOIL(uneven_image, section(bundle->header, PYB_SECTION_IMAGE)->size =
			    --section(bundle->header, PYB_SECTION_IMAGE)->stored_size)
SPOIL(tables_too_short, section(bundle->header, PYB_SECTION_IMAGE)->size =
				section(bundle->header, PYB_SECTION_IMAGE)->stored_size -= 4)
SPOIL(uneven_relocations, section(bundle->header, PYB_SECTION_RELOCATIONS)->size =
				  --section(bundle->header, PYB_SECTION_RELOCATIONS)->stored_size)
SPOIL(uneven_hot, section(bundle->header, PYB_SECTION_HOT)->size =
			  --section(bundle->header, PYB_SECTION_HOT)->stored_size)
SPOIL(other_struct_abi, bundle->tables->image.struct_abi++)
SPOIL(other_module, bundle->tables->modules[RECORD_A].group++)
SPOIL(other_frozenset, bundle->tables->frozensets[0].elements++)
SPOIL(other_interned, bundle->tables->interned[0].string++)
SPOIL(other_static_copy, bundle->tables->statics[0].string++)
SPOIL(other_slot, bundle->relocations[SLOT_B_EXTERNAL]++)
SPOIL(other_object, bundle->cold[COLD_SIZE / 8 - 1]++)
SPOIL(relocations_beyond, bundle->tables->groups[2].relocations.count++)
SPOIL(cold_beyond, bundle->tables->groups[2].cold.count++)
SPOIL(internal_of_another, bundle->tables->groups[1].internal.first--)
SPOIL(external_of_another, bundle->tables->groups[0].external.first = SLOT_A_TYPE)
SPOIL(interned_of_another, bundle->tables->interned[0].slots.first = SLOT_A_INTERNAL)
SPOIL(static_of_another, bundle->tables->statics[0].slots.first = SLOT_B_EXTERNAL)
SPOIL(slot_of_none,
      bundle->tables->groups[2].external.count = bundle->tables->groups[2].relocations.count = 0)
SPOIL(cold_of_none, bundle->tables->groups[2].cold.count--)
SPOIL(cold_twice, bundle->tables->groups[2].cold.first--)
SPOIL(reserved_field, bundle->tables->image.reserved = 1)
SPOIL(no_base, bundle->tables->image.base = 0)
SPOIL(odd_base, bundle->tables->image.base += PYB_PAGE_SIZE)
SPOIL(high_base, bundle->tables->image.base = UINT64_C(1) << 47)
SPOIL(base_too_high, bundle->tables->image.base = (UINT64_C(1) << 47) - SPAN)
SPOIL(odd_span, bundle->tables->image.hot_span += 8)
SPOIL(no_span, bundle->tables->image.hot_span = 0)
SPOIL(huge_span, bundle->tables->image.hot_span = UINT64_C(1) << 63)
SPOIL(span_beyond_positions, bundle->tables->image.hot_span = UINT64_C(1) << 35)
SPOIL(fewer_modules, bundle->tables->image.module_count--)
SPOIL(no_group, bundle->tables->image.group_count = 0)
SPOIL(many_groups, bundle->tables->image.group_count = UINT32_MAX)
SPOIL(many_statics, bundle->tables->image.static_count = UINT32_MAX)
SPOIL(more_interned, bundle->tables->image.interned_count++)
SPOIL(fewer_frozensets, bundle->tables->image.frozenset_count--)
SPOIL(other_code, bundle->tables->modules[RECORD_A].code += 2)
SPOIL(code_of_nothing, bundle->tables->modules[RECORD_EXT].code = POSITION(MAIN_CODE))
SPOIL(no_code, bundle->tables->modules[RECORD_A].code = 0)
SPOIL(group_of_nothing, bundle->tables->modules[RECORD_GONE].group = 0)
SPOIL(group_beyond, bundle->tables->modules[RECORD_B].group = 3)
SPOIL(startup_apart, bundle->tables->modules[RECORD_MAIN].group = 1)
SPOIL(shared_group_0, bundle->tables->modules[RECORD_A].group = 0)
SPOIL(frozensets_beyond, bundle->tables->modules[RECORD_A].frozensets.first = 1)
SPOIL(frozensets_of_nothing,
      bundle->tables->modules[RECORD_EXT].frozensets = (struct pyb_image_range){0, 1})
SPOIL(code_too_large, bundle->records[RECORD_B].code_size = CODE_SIZE + 8)
SPOIL(code_of_no_size, bundle->records[RECORD_B].code_size = 0)
SPOIL(code_with_checksum, bundle->records[RECORD_B].code_checksum = 1)
SPOIL(code_between, bundle->records[RECORD_A].code_offset = HOT_SIZE)
SPOIL(internal_beyond, bundle->tables->groups[1].internal.first = SLOT_COUNT)
SPOIL(external_overflow, bundle->tables->groups[1].external.count = UINT32_MAX)
SPOIL(interned_beyond, bundle->tables->groups[2].interned.first = 2)
SPOIL(statics_beyond, bundle->tables->groups[0].statics = (struct pyb_image_range){1, 1})
SPOIL(interned_outside, bundle->tables->interned[0].string = POSITION(HOT_SIZE - 8))
SPOIL(interned_slots, bundle->tables->interned[0].slots.count = SLOT_COUNT + 1)
SPOIL(static_outside, bundle->tables->statics[0].string = POSITION(SPAN + COLD_SIZE))
SPOIL(static_slots, bundle->tables->statics[0].slots.first = UINT32_MAX)
SPOIL(static_nowhere, bundle->tables->statics[0].address = 0)
SPOIL(static_reserved, bundle->tables->statics[0].reserved = 1)
SPOIL(frozenset_outside, bundle->tables->frozensets[0].slot = POSITION(HOT_SIZE))
SPOIL(elements_outside, bundle->tables->frozensets[0].elements = POSITION(SPAN + COLD_SIZE - 16))
SPOIL(internal_outside, bundle->relocations[SLOT_A_INTERNAL] = POSITION(SPAN + COLD_SIZE))
SPOIL(external_outside, bundle->relocations[SLOT_B_EXTERNAL] = POSITION(HOT_SIZE))
SPOIL(static_slot_outside, bundle->relocations[SLOT_A_STATIC] = UINT32_MAX)
SPOIL(pointer_between, bundle->cold[2] = BASE + HOT_SIZE)
SPOIL(pointer_before, bundle->cold[2] = BASE - 8)
SPOIL(pointer_odd, bundle->cold[2] = BASE + MAIN_STRING + 4)
SPOIL(pointer_at_end, bundle->cold[2] = BASE + SPAN + COLD_SIZE - 8)
SPOIL(pointer_far, bundle->cold[2] = UINT64_MAX - 7)
SPOIL(external_null, bundle->cold[1] = 0)
SPOIL(external_inside, bundle->cold[1] = BASE + MAIN_CODE)
SPOIL(other_string, bundle->hot[(MAIN_CODE + 16) / 8] = BASE + MAIN_CODE)
SPOIL(frozenset_there, bundle->cold[3] = BASE + MAIN_STRING)
SPOIL(other_static, bundle->cold[4] = STATIC_ADDRESS + 8)

SPOIL(frozen_in_marshalled, section(bundle->header, PYB_SECTION_IMAGE)->type = PYB_SECTION_SITE;
      section(bundle->header, PYB_SECTION_HOT)->type = PYB_SECTION_METADATA;
      section(bundle->header, PYB_SECTION_COLD)->type = PYB_SECTION_REGEXES;
      section(bundle->header, PYB_SECTION_RELOCATIONS)->type = PYB_SECTION_GENERATED;
      bundle->header->payload = PYB_PAYLOAD_MARSHAL)
SPOIL(frozen_without_end, bundle->names[strlen("frozen")] = 'x')
SPOIL(frozen_without_name, bundle->names[0] = '\0')
SPOIL(two_frozen, bundle->names[1] = '\0')
SPOIL(no_frozen, section(bundle->header, PYB_SECTION_FROZEN)->type = PYB_SECTION_SITE)
SPOIL(frozen_without_code, bundle->tables->modules[FROZEN].code = 0)
SPOIL(frozen_code_outside, bundle->tables->modules[FROZEN].code = POSITION(HOT_SIZE - 8))
SPOIL(frozen_code_beyond, bundle->tables->modules[FROZEN].code = UINT32_MAX)
SPOIL(frozen_group_beyond, bundle->tables->modules[FROZEN].group = 3)
SPOIL(frozen_without_group, bundle->tables->modules[FROZEN].group = PYB_NONE)
SPOIL(frozen_group_of_another, bundle->tables->modules[FROZEN].group = 2)
SPOIL(frozensets_of_frozen, bundle->tables->modules[FROZEN].frozensets.count = 2)

static void groups_out_of_order(struct spoilt *bundle)
{
	bundle->tables->modules[RECORD_A].group = 2;
	bundle->tables->modules[RECORD_B].group = 1;
}

static void unused_group(struct spoilt *bundle)
{
	struct pyb_module *const record = &bundle->records[RECORD_B];

	record->kind = PYB_MODULE_EXTENSION;
	record->code_offset = record->code_size = 0;
	bundle->tables->modules[RECORD_B] = (struct pyb_image_module){.group = PYB_NONE};
}

#define DESCRIPTION "the description of the image has an illegal value"
#define NAMES "the names of frozen modules are malformed"
#define SIZES "the tables of the image have wrong sizes"
#define WHOLE "a table does not consist of whole records"
#define MODULE "the image's record of a module has an illegal value"
#define GROUP "a group of the image has an illegal value"
#define INTERNED "an interned string of the image has an illegal value"
#define STATIC "a static string of the image has an illegal value"
#define FROZENSET "a frozenset of the image has an illegal value"
#define OUTSIDE "a relocation lies outside of the image"
#define TO_IMAGE "a pointer does not lead to an object of the image"
#define TO_INTERPRETER "a pointer does not lead to an object of the interpreter"
#define TO_STRING "a pointer does not lead to its string"

static const struct rule rules[] = {
	{AT_INIT, "the payload is an image, and its description is not there", no_image},
	{AT_INIT, "belongs to another kind of payload", marshalled_code},
	{AT_INIT, "belongs to another kind of payload", marshal_payload},
	{AT_INIT, "the description of the image is cut off", short_image},
	{AT_OPEN, SIZES, uneven_image},
	{AT_OPEN, SIZES, tables_too_short},
	{AT_OPEN, WHOLE, uneven_relocations},
	{AT_OPEN, DESCRIPTION, uneven_hot},
	{AT_OPEN, "the checksum of the description of the image is wrong", other_struct_abi},
	{AT_OPEN, "the checksum of the description of the image is wrong", other_module},
	{AT_OPEN, "the checksum of the description of the image is wrong", other_frozenset},
	{AT_GROUP, "the checksum of a group of the image is wrong", other_interned},
	{AT_GROUP, "the checksum of a group of the image is wrong", other_static_copy},
	{AT_COLD, "the checksum of a group's objects or relocations is wrong", other_slot},
	{AT_COLD, "the checksum of a group's objects or relocations is wrong", other_object},
	{AT_OPEN, DESCRIPTION, reserved_field},
	{AT_OPEN, DESCRIPTION, no_base},
	{AT_OPEN, DESCRIPTION, odd_base},
	{AT_OPEN, DESCRIPTION, high_base},
	{AT_OPEN, DESCRIPTION, base_too_high},
	{AT_OPEN, DESCRIPTION, odd_span},
	{AT_OPEN, DESCRIPTION, no_span},
	{AT_OPEN, DESCRIPTION, huge_span},
	{AT_OPEN, DESCRIPTION, span_beyond_positions},
	{AT_OPEN, SIZES, fewer_modules},
	{AT_OPEN, SIZES, no_group},
	{AT_OPEN, SIZES, many_groups},
	{AT_OPEN, SIZES, many_statics},
	{AT_OPEN, SIZES, more_interned},
	{AT_OPEN, SIZES, fewer_frozensets},
	{AT_OPEN, MODULE, other_code},
	{AT_OPEN, MODULE, code_of_nothing},
	{AT_OPEN, MODULE, no_code},
	{AT_OPEN, MODULE, group_of_nothing},
	{AT_OPEN, MODULE, group_beyond},
	{AT_OPEN, MODULE, startup_apart},
	{AT_OPEN, MODULE, shared_group_0},
	{AT_OPEN, MODULE, frozensets_beyond},
	{AT_OPEN, MODULE, frozensets_of_nothing},
	{AT_OPEN, MODULE, code_too_large},
	{AT_VERIFY, "a module record has an illegal value", code_of_no_size},
	{AT_VERIFY, "a module record has an illegal value", code_with_checksum},
	{AT_OPEN, MODULE, code_between},
	{AT_INIT, "belongs to another kind of payload", frozen_in_marshalled},
	{AT_OPEN, NAMES, frozen_without_end},
	{AT_OPEN, NAMES, frozen_without_name},
	{AT_OPEN, SIZES, two_frozen},
	{AT_OPEN, SIZES, no_frozen},
	{AT_OPEN, MODULE, frozen_without_code},
	{AT_OPEN, MODULE, frozen_code_outside},
	{AT_OPEN, MODULE, frozen_code_beyond},
	{AT_OPEN, MODULE, frozen_group_beyond},
	{AT_OPEN, MODULE, frozen_without_group},
	{AT_OPEN, MODULE, frozensets_of_frozen},
	{AT_VERIFY, "the groups are not in the order of their modules", frozen_group_of_another},
	{AT_OPEN, GROUP, internal_beyond},
	{AT_OPEN, GROUP, external_overflow},
	{AT_OPEN, GROUP, relocations_beyond},
	{AT_OPEN, GROUP, cold_beyond},
	{AT_OPEN, GROUP, internal_of_another},
	{AT_OPEN, GROUP, external_of_another},
	{AT_OPEN, GROUP, interned_beyond},
	{AT_OPEN, GROUP, statics_beyond},
	{AT_GROUP, INTERNED, interned_outside},
	{AT_GROUP, INTERNED, interned_slots},
	{AT_GROUP, INTERNED, interned_of_another},
	{AT_GROUP, STATIC, static_of_another},
	{AT_GROUP, STATIC, static_outside},
	{AT_GROUP, STATIC, static_slots},
	{AT_GROUP, STATIC, static_nowhere},
	{AT_GROUP, STATIC, static_reserved},
	{AT_FROZENSETS, FROZENSET, frozenset_outside},
	{AT_FROZENSETS, FROZENSET, elements_outside},
	{AT_VERIFY, "a part of the image is of no group", slot_of_none},
	{AT_VERIFY, "a part of the image is of no group", cold_of_none},
	{AT_VERIFY, "the parts of the groups do not follow each other", cold_twice},
	{AT_VERIFY, OUTSIDE, internal_outside},
	{AT_VERIFY, OUTSIDE, external_outside},
	{AT_VERIFY, OUTSIDE, static_slot_outside},
	{AT_VERIFY, TO_IMAGE, pointer_between},
	{AT_VERIFY, TO_IMAGE, pointer_before},
	{AT_VERIFY, TO_IMAGE, pointer_odd},
	{AT_VERIFY, TO_IMAGE, pointer_at_end},
	{AT_VERIFY, TO_IMAGE, pointer_far},
	{AT_VERIFY, TO_INTERPRETER, external_null},
	{AT_VERIFY, TO_INTERPRETER, external_inside},
	{AT_VERIFY, TO_STRING, other_string},
	{AT_VERIFY, TO_STRING, other_static},
	{AT_VERIFY, "the pointer to a frozenset is there already", frozenset_there},
	{AT_VERIFY, "the groups are not in the order of their modules", groups_out_of_order},
	{AT_VERIFY, "the image has a group that no module needs", unused_group},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

static void *contents(const struct file *file, uint32_t type)
{
	struct pyb_header *const header = (struct pyb_header *)(void *)file->bytes;
	return file->bytes + section(header, type)->offset;
}

static void stamp(const struct file *file)
{
	struct pyb_header *const header = (struct pyb_header *)(void *)file->bytes;

	for (uint32_t i = 0; i < header->section_count; i++)
		header->sections[i].checksum = pyb_digest64(
			file->bytes + header->sections[i].offset, header->sections[i].stored_size);
	pyb_digest128(file->bytes + PYB_PAGE_SIZE, file->size - PYB_PAGE_SIZE, header->content_id);
	header->checksum = pyb_header_checksum(header);
}

static struct pyb_bytes bytes_of(const struct file *file, uint32_t type)
{
	const struct pyb_section *const found = find_section((void *)file->bytes, type);

	const struct pyb_bytes none = {0};
	return found == NULL ? none
			     : (struct pyb_bytes){file->bytes + found->offset, found->stored_size};
}

static void stamp_image(const struct file *file)
{
	const struct pyb_bytes image = bytes_of(file, PYB_SECTION_IMAGE);
	const struct pyb_bytes relocations = bytes_of(file, PYB_SECTION_RELOCATIONS);
	const struct pyb_bytes cold = bytes_of(file, PYB_SECTION_COLD);

	if (image.data != NULL)
		(void)pyb_image_stamp((struct pyb_image *)(uintptr_t)image.data, image.size,
				      &relocations, &cold);
}

/* The first stage that finds something, as a program and then `pybundle verify` go through them. */
static enum stage run_stages(const struct file *file, struct pyb_error *error)
{
	struct pyb_image_view view;
	struct pyb_reader reader;

	if (pyb_reader_init(&reader, file->bytes, file->size, error) != PYB_OK)
		return AT_INIT;
	if (pyb_image_open(&reader, &view, error) != PYB_OK)
		return AT_OPEN;
	for (uint32_t i = 0; i < view.image->group_count; i++)
		if (pyb_image_check_group(&view, i, error) != PYB_OK)
			return AT_GROUP;
	for (uint32_t i = 0; i < view.image->group_count; i++)
		if (pyb_image_check_cold(&view, i, view.cold.data, error) != PYB_OK)
			return AT_COLD;
	for (uint32_t i = 0; i < view.image->module_count; i++)
		if (pyb_image_check_frozensets(&view, i, error) != PYB_OK)
			return AT_FROZENSETS;
	return pyb_reader_verify(&reader, error) == PYB_OK ? NOWHERE : AT_VERIFY;
}

START_TEST(every_rule_is_checked)
{
	const struct rule *const rule = &rules[_i];
	struct file file = write_good();
	struct pyb_error error = {0};
	struct spoilt bundle = {
		.header = (struct pyb_header *)(void *)file.bytes,
		.tables = contents(&file, PYB_SECTION_IMAGE),
		.relocations = contents(&file, PYB_SECTION_RELOCATIONS),
		.hot = contents(&file, PYB_SECTION_HOT),
		.cold = contents(&file, PYB_SECTION_COLD),
		.records = contents(&file, PYB_SECTION_MODULES),
		.names = contents(&file, PYB_SECTION_FROZEN),
	};

	rule->spoil(&bundle);
	if (strstr(rule->message, "checksum") == NULL)
		stamp_image(&file);
	stamp(&file);
	const enum stage stage = run_stages(&file, &error);
	ck_assert_msg(strstr(error.text, rule->message) != NULL, "rule %d: %s", _i, error.text);
	ck_assert_int_eq(stage, rule->stage);
	ck_assert_int_eq(error.status, PYB_ERR_DAMAGED);
	free(file.bytes);
}
END_TEST

START_TEST(names_of_frozen_modules_have_a_checksum)
{
	struct file file = write_good();
	struct pyb_image_view view;
	struct pyb_reader reader;
	struct pyb_error error = {0};
	char *const names = contents(&file, PYB_SECTION_FROZEN);

	names[0] ^= 1;
	ck_assert_int_eq(pyb_reader_init(&reader, file.bytes, file.size, &error), PYB_OK);
	ck_assert_int_eq(pyb_image_open(&reader, &view, &error), PYB_ERR_DAMAGED);
	ck_assert_msg(strstr(error.text, "the checksum of section 'frozen' is wrong") != NULL, "%s",
		      error.text);
	free(file.bytes);
}
END_TEST

/* With right checksums: what matters is that nothing is read that is not there. */
START_TEST(any_number_may_be_anything)
{
	static const uint32_t values[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	struct file file = write_good();
	uint32_t *const numbers = contents(&file, PYB_SECTION_IMAGE);
	size_t found = 0;

	for (size_t i = 0; i < TABLES_SIZE / sizeof(uint32_t); i++) {
		const uint32_t right = numbers[i];

		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			struct pyb_error error = {0};

			numbers[i] = values[k];
			stamp_image(&file);
			stamp(&file);
			found += run_stages(&file, &error) != NOWHERE;
		}
		numbers[i] = right;
	}
	ck_assert_uint_gt(found, 300);
	free(file.bytes);
}
END_TEST

START_TEST(slots_of_a_range_are_checked)
{
	struct file file = write_good();
	struct pyb_image_view view;
	struct pyb_reader reader;

	open_image(&file, &reader, &view);
	uint32_t *const relocations = contents(&file, PYB_SECTION_RELOCATIONS);
	ck_assert(pyb_image_slots_are_sound(&view, (struct pyb_image_range){0, SLOT_COUNT}));
	relocations[1] = POSITION(HOT_SIZE);
	ck_assert(pyb_image_slots_are_sound(&view, (struct pyb_image_range){0, 1}));
	ck_assert(pyb_image_slots_are_sound(&view, (struct pyb_image_range){1, 0}));
	ck_assert(!pyb_image_slots_are_sound(&view, (struct pyb_image_range){0, 2}));
	free(file.bytes);
}
END_TEST

START_TEST(every_flipped_byte_is_found)
{
	struct file file = write_good();
	struct pyb_reader reader;

	for (size_t i = 0; i < file.size; i++) {
		struct pyb_error error = {0};

		file.bytes[i] ^= 0x10;
		ck_assert_msg(pyb_reader_init(&reader, file.bytes, file.size, &error) != PYB_OK ||
				      pyb_reader_verify(&reader, &error) != PYB_OK,
			      "byte %zu", i);
		file.bytes[i] ^= 0x10;
	}
	free(file.bytes);
}
END_TEST

static Suite *image_bad_suite(void)
{
	Suite *const suite = suite_create("image_bad");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_file, remove_file);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_rule_is_checked, 0, RULE_COUNT);
	tcase_add_test(tcase, names_of_frozen_modules_have_a_checksum);
	tcase_add_test(tcase, any_number_may_be_anything);
	tcase_add_test(tcase, slots_of_a_range_are_checked);
	tcase_add_test(tcase, every_flipped_byte_is_found);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *const runner = srunner_create(image_bad_suite());
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
