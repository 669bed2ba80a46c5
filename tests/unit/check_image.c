/* SPDX-License-Identifier: MIT */
/* An image comes back as it was written, and the writer takes none that is wrong. */
#include "lib/header.h"
#include "lib/image_tables.h"
#include "tests/unit/image_sample.h"
#include "tests/unit/snapshot_sample.h"

/* As the writer does. */
static bool stamp_tables(struct sections *sections)
{
	const struct pyb_bytes relocations = {(const void *)sections->relocations,
					      sizeof(sections->relocations)};
	const struct pyb_bytes cold = {(const void *)sections->cold, COLD_SIZE};

	return pyb_image_stamp(&sections->tables.image, TABLES_SIZE, &relocations, &cold);
}

START_TEST(sections_come_back)
{
	struct file file = write_good();
	struct pyb_image_view view;
	struct pyb_reader reader;
	struct pyb_error error = {0};
	struct sections sections;

	fill(&sections);
	open_image(&file, &reader, &view);
	ck_assert_msg(pyb_reader_verify(&reader, &error) == PYB_OK, "%s", error.text);
	ck_assert_uint_eq(reader.header->payload, PYB_PAYLOAD_IMAGE);
	ck_assert(stamp_tables(&sections));
	ck_assert_mem_eq(view.image, &sections.tables, TABLES_SIZE);
	ck_assert_uint_eq(view.relocation_count, SLOT_COUNT);
	ck_assert_mem_eq(view.relocations, sections.relocations, sizeof(sections.relocations));
	ck_assert_uint_eq(view.hot.size, HOT_SIZE);
	ck_assert_mem_eq(view.hot.data, sections.hot, HOT_SIZE);
	ck_assert_uint_eq(view.cold.size, COLD_SIZE);
	ck_assert_mem_eq(view.cold.data, sections.cold, COLD_SIZE);
	ck_assert_uint_eq((uintptr_t)view.hot.data % PYB_PAGE_SIZE,
			  (uintptr_t)file.bytes % PYB_PAGE_SIZE);
	ck_assert_uint_eq(view.frozensets[0].elements, POSITION(A_TUPLE));
	ck_assert_uint_eq(view.interned[0].string, POSITION(MAIN_STRING));
	ck_assert_uint_eq(view.statics[0].address, STATIC_ADDRESS);
	ck_assert_uint_eq(view.frozen_count, 1);
	ck_assert_str_eq(view.frozen, "frozen");
	ck_assert_uint_eq(view.modules[FROZEN].code, POSITION(FROZEN_CODE));
	ck_assert_ptr_eq(pyb_image_bytes(&view, POSITION(A_TUPLE)),
			 view.cold.data + A_TUPLE - SPAN);
	free(file.bytes);
}
END_TEST

static void give_snapshot(struct pyb_writer *writer)
{
	static const uint8_t pages[SAMPLE_PAGES];
	struct snapshot_sample sample;

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_SNAPSHOT, section.data,
						section.size, NULL),
			 PYB_OK);
	pyb_buffer_release(&section);
	ck_assert_int_eq(
		pyb_writer_set_section(writer, PYB_SECTION_PAGES, pages, sizeof(pages), NULL),
		PYB_OK);
}

/* The table has room for all that an application's image can have. */
START_TEST(all_sections_at_once)
{
	static const enum pyb_section_type given[] = {
		PYB_SECTION_REGEXES, PYB_SECTION_GENERATED, PYB_SECTION_SITE,
		PYB_SECTION_REBUILD, PYB_SECTION_HARMLESS,  PYB_SECTION_METADATA,
	};
	const struct pyb_writer_directory other = {.path = "/other", .sys_path = 2, .mtime_ns = 1};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct sections sections;
	uint32_t number;

	fill(&sections);
	const struct pyb_writer_image image = image_of(&sections);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	name_frozen(writer, "frozen", sizeof("frozen"));
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		ck_assert_int_eq(pyb_writer_set_section(writer, given[i], "contents", 8, &error),
				 PYB_OK);
	give_snapshot(writer);
	ck_assert_int_eq(pyb_writer_set_main(writer, "pass", 4, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_directory(writer, &other, &number, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_shadow(writer, number, 0, &error), PYB_OK);
	struct file file = write_bundle(writer);
	const struct pyb_header *const header = (const void *)file.bytes;
	/* But for the marshalled code, STARTUP and DEMAND, and why there is no snapshot. */
	ck_assert_uint_eq(header->section_count, PYB_SECTION_TYPE_COUNT - 1 - 3);
	ck_assert_str_eq(pyb_header_string(header, header->name), plain_options.name);
	free(file.bytes);
}
END_TEST

START_TEST(modules_say_where_their_code_is)
{
	static const struct {
		const char *name;
		uint64_t offset;
	} modules[] = {{"main", MAIN_CODE}, {"a", A_CODE}, {"b", B_CODE}, {"ext", 0}, {"gone", 0}};
	struct file file = write_good();
	struct pyb_image_view image;
	struct pyb_reader reader;

	open_image(&file, &reader, &image);
	for (uint32_t i = 0; i < RECORD_COUNT; i++) {
		struct pyb_error error = {0};
		struct pyb_module_view view;
		struct pyb_bytes code;

		ck_assert_int_eq(pyb_reader_module(&reader, i, &view, &error), PYB_OK);
		ck_assert_str_eq(view.name.text, modules[i].name);
		ck_assert_uint_eq(view.record->code_offset, modules[i].offset);
		ck_assert_uint_eq(view.record->code_size, good_sizes[i]);
		ck_assert_uint_eq(view.record->code_checksum, 0);
		ck_assert_int_eq(pyb_reader_code(&reader, &view, &code, &error), PYB_ERR_INVALID);
	}
	free(file.bytes);
}
END_TEST

START_TEST(order_is_told)
{
	/* As they were added: gone, ext, b, main, a. */
	static const uint32_t expected[RECORD_COUNT] = {3, 4, 2, 1, 0};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	uint32_t order[RECORD_COUNT];

	ck_assert_int_eq(pyb_writer_order(writer, order, &error), PYB_OK);
	ck_assert_mem_eq(order, expected, sizeof(order));
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(image_without_cold_objects)
{
	struct sections sections;
	struct pyb_reader reader;
	struct pyb_image_view view;
	struct pyb_error error = {0};

	fill(&sections);
	/* All objects in HOT, which may be as large as its span. */
	uint64_t *const hot = calloc(1, SPAN);
	ck_assert_ptr_nonnull(hot);
	memcpy(hot, sections.hot, HOT_SIZE);
	memcpy(hot + HOT_SIZE / 8, sections.cold, COLD_SIZE);
	sections.tables.image.hot_span = SPAN;
	sections.tables.modules[RECORD_A].code = POSITION(HOT_SIZE);
	sections.tables.modules[RECORD_B].code = POSITION(HOT_SIZE + B_CODE - A_CODE);
	sections.tables.frozensets[0] = (struct pyb_image_frozenset){
		POSITION(HOT_SIZE + 24), POSITION(HOT_SIZE + A_TUPLE - A_CODE)};
	for (size_t i = SLOT_A_INTERNAL; i < SLOT_COUNT; i++)
		sections.relocations[i] += POSITION(HOT_SIZE) - POSITION(SPAN);
	for (size_t i = 0; i < 3; i++)
		sections.tables.groups[i].cold = (struct pyb_image_range){0, 0};
	struct pyb_writer_image image = image_of(&sections);
	image.hot = hot;
	image.hot_size = SPAN;
	image.cold = NULL;
	image.cold_size = 0;
	struct file file = write_image(&image);
	open_image(&file, &reader, &view);
	ck_assert_ptr_null(view.cold.data);
	ck_assert(!pyb_image_holds(&view, POSITION(SPAN), 0));
	ck_assert_msg(pyb_reader_verify(&reader, &error) == PYB_OK, "%s", error.text);
	free(hot);
	free(file.bytes);
}
END_TEST

START_TEST(a_position_holds_what_lies_in_one_section)
{
	struct file file = write_good();
	struct pyb_image_view view;
	struct pyb_reader reader;

	open_image(&file, &reader, &view);
	ck_assert(pyb_image_holds(&view, 0, HOT_SIZE));
	ck_assert(!pyb_image_holds(&view, 0, HOT_SIZE + 1));
	ck_assert(pyb_image_holds(&view, POSITION(HOT_SIZE - 8), 8));
	ck_assert(!pyb_image_holds(&view, POSITION(HOT_SIZE), 8));
	ck_assert(!pyb_image_holds(&view, POSITION(SPAN - 8), 8));
	ck_assert(pyb_image_holds(&view, POSITION(SPAN), COLD_SIZE));
	ck_assert(!pyb_image_holds(&view, POSITION(SPAN), COLD_SIZE + 1));
	ck_assert(!pyb_image_holds(&view, POSITION(SPAN), UINT64_MAX));
	ck_assert(!pyb_image_holds(&view, UINT32_MAX, 1));
	free(file.bytes);
}
END_TEST

/* --- what the writer refuses */

static void refuse(struct pyb_writer *writer, const char *message)
{
	struct pyb_error error = {0};
	uint64_t written;

	ck_assert_int_eq(pyb_writer_write(writer, path, &written, &error), PYB_ERR_INVALID);
	ck_assert_msg(strstr(error.text, message) != NULL, "%s", error.text);
}

START_TEST(writer_refuses_wrong_images)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct sections sections;

	fill(&sections);
	name_frozen(writer, "frozen", sizeof("frozen"));
	struct pyb_writer_image image = image_of(&sections);
	image.image_size = sizeof(struct pyb_image) - 1;
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	refuse(writer, "the image is cut off");
	image.image_size = sizeof(struct pyb_image) + sizeof(struct pyb_image_module);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	refuse(writer, "the image is cut off");

	image = image_of(&sections);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	sections.tables.image.module_count--;
	refuse(writer, "the image has 5 modules, the bundle 6");
	fill(&sections);
	sections.tables.modules[RECORD_A].frozensets.count = 2;
	refuse(writer, "the image is wrong: "
		       "the image's record of a module has an illegal value");
	fill(&sections);
	sections.cold[2]++;
	refuse(writer, "the image is wrong: "
		       "a pointer does not lead to an object of the image");
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(writer_refuses_wrong_names_of_frozen_modules)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct sections sections;

	fill(&sections);
	const struct pyb_writer_image image = image_of(&sections);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	refuse(writer, "the image has 6 modules, the bundle 5");
	name_frozen(writer, "a\0b", sizeof("a\0b"));
	refuse(writer, "the image has 6 modules, the bundle 7");
	name_frozen(writer, "a", 1);
	refuse(writer, "the names of frozen modules are malformed");
	name_frozen(writer, "a\0", sizeof("a\0"));
	refuse(writer, "the names of frozen modules are malformed");
	name_frozen(writer, "", sizeof(""));
	refuse(writer, "the names of frozen modules are malformed");
	name_frozen(writer, "a", sizeof("a"));
	ck_assert_int_eq(pyb_writer_set_image(writer, NULL, &error), PYB_OK);
	refuse(writer, "only an image has code of frozen modules");
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(code_comes_from_one_of_two)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct sections sections;

	fill(&sections);
	const struct pyb_writer_image image = image_of(&sections);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_set_image(writer, NULL, &error), PYB_OK);
	refuse(writer, "module 'main' has no code");
	const struct pyb_writer_image nothing = {.image = &sections.tables};
	ck_assert_int_eq(pyb_writer_set_image(writer, &nothing, &error), PYB_ERR_INVALID);
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(images_are_not_compressed)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	struct sections sections;

	fill(&sections);
	options.compression_level = 1;
	struct pyb_writer *const writer = new_writer(&options);
	const struct pyb_writer_image image = image_of(&sections);
	ck_assert_int_eq(pyb_writer_set_image(writer, &image, &error), PYB_ERR_INVALID);
	ck_assert_str_eq(error.text, "an image cannot be compressed");
	pyb_writer_destroy(writer);
}
END_TEST

/* --- sections that are given as they are */

static bool has_bytes(const struct pyb_reader *reader, enum pyb_section_type type, const char *text)
{
	const struct pyb_bytes bytes = pyb_reader_bytes(reader, type);

	return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

START_TEST(given_sections_come_back)
{
	struct pyb_writer *writer;
	struct pyb_error error = {0};
	struct pyb_reader reader;
	uint64_t written;

	ck_assert_int_eq(pyb_writer_create(&plain_options, &writer, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_REGEXES, "old", 3, &error),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_REGEXES, "regexes", 7, &error),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_SITE, "site", 4, &error),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_GENERATED, "x", 1, &error),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_GENERATED, NULL, 0, &error),
			 PYB_OK);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_HOT, "x", 1, &error),
			 PYB_ERR_INVALID);
	error = (struct pyb_error){0};
	ck_assert_int_eq(pyb_writer_write(writer, path, &written, &error), PYB_OK);
	pyb_writer_destroy(writer);
	uint8_t *const bytes = malloc(written);
	const int descriptor = open(path, O_RDONLY);
	ck_assert_int_eq(read(descriptor, bytes, written), (ssize_t)written);
	close(descriptor);
	ck_assert_int_eq(pyb_reader_init(&reader, bytes, written, &error), PYB_OK);
	ck_assert(has_bytes(&reader, PYB_SECTION_REGEXES, "regexes"));
	ck_assert(has_bytes(&reader, PYB_SECTION_SITE, "site"));
	ck_assert_ptr_null(pyb_reader_section(&reader, PYB_SECTION_GENERATED));
	ck_assert_ptr_null(pyb_reader_bytes(&reader, PYB_SECTION_GENERATED).data);
	free(bytes);
}
END_TEST

static Suite *image_suite(void)
{
	Suite *const suite = suite_create("image");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_file, remove_file);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, sections_come_back);
	tcase_add_test(tcase, all_sections_at_once);
	tcase_add_test(tcase, modules_say_where_their_code_is);
	tcase_add_test(tcase, order_is_told);
	tcase_add_test(tcase, image_without_cold_objects);
	tcase_add_test(tcase, a_position_holds_what_lies_in_one_section);
	tcase_add_test(tcase, writer_refuses_wrong_images);
	tcase_add_test(tcase, writer_refuses_wrong_names_of_frozen_modules);
	tcase_add_test(tcase, code_comes_from_one_of_two);
	tcase_add_test(tcase, images_are_not_compressed);
	tcase_add_test(tcase, given_sections_come_back);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *const runner = srunner_create(image_suite());
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
