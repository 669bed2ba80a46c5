/* SPDX-License-Identifier: MIT */
/* lib/snapshot.h: what a snapshot's tables are comes back from a section and from a bundle, and nothing else does. */
#include "lib/digest.h"
#include "lib/header.h"
#include "lib/snapshot.h"
#include "tests/unit/bundle_sample.h"
#include "tests/unit/snapshot_sample.h"

static void same_tables(const struct snapshot *one, const struct snapshot *other)
{
	ck_assert_mem_eq(&one->thread, &other->thread, sizeof(one->thread));
	ck_assert_mem_eq(&one->process, &other->process, sizeof(one->process));
	ck_assert_uint_eq(one->vdso_size, other->vdso_size);
	ck_assert_uint_eq(one->vdso_data_size, other->vdso_data_size);
	ck_assert_uint_eq(one->vdso_digest, other->vdso_digest);
	ck_assert_uint_eq(one->pages_size, other->pages_size);
#define SAME(array, count)                           \
	ck_assert_uint_eq(one->count, other->count); \
	ck_assert_mem_eq(one->array, other->array, one->count * sizeof(*one->array))
	SAME(segments, segment_count);
	SAME(guards, guard_count);
	SAME(files, file_count);
	SAME(fixups, fixup_count);
	SAME(ranges, range_count);
	SAME(strings, strings_size);
#undef SAME
}

static enum pyb_status open_bytes(const struct pyb_buffer *section, size_t size,
				  struct snapshot *snapshot, struct pyb_error *error)
{
	const struct pyb_bytes bytes = {.data = section->data, .size = size};

	return pyb_snapshot_open(&bytes, snapshot, error);
}

START_TEST(a_section_comes_back)
{
	struct snapshot_sample sample;
	struct snapshot snapshot;
	struct pyb_error error = {0};

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	ck_assert_msg(open_bytes(&section, section.size, &snapshot, &error) == PYB_OK, "%s",
		      error.text);
	same_tables(&snapshot, &sample.snapshot);
	pyb_buffer_release(&section);
}
END_TEST

START_TEST(an_empty_one_comes_back)
{
	struct snapshot_sample sample;
	struct snapshot snapshot;

	sample_make(&sample);
	sample.snapshot.segment_count = sample.snapshot.guard_count = 0;
	sample.snapshot.file_count = sample.snapshot.fixup_count = 0;
	sample.snapshot.range_count = 0;
	sample.snapshot.pages_size = 0;
	sample.snapshot.strings_size = 1;
	struct pyb_buffer section = sample_compose(&sample);
	ck_assert_int_eq(open_bytes(&section, section.size, &snapshot, NULL), PYB_OK);
	same_tables(&snapshot, &sample.snapshot);
	pyb_buffer_release(&section);
}
END_TEST

START_TEST(another_size_is_refused)
{
	struct snapshot_sample sample;
	struct snapshot snapshot;

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	ck_assert_int_eq(pyb_buffer_append(&section, "\0", 1, NULL), PYB_OK);
	for (size_t size = 0; size <= section.size; size++) {
		/* Behind it is nothing that may be read. */
		struct pyb_buffer part = {0};
		ck_assert_int_eq(pyb_buffer_append(&part, section.data, size, NULL), PYB_OK);
		ck_assert_int_eq(open_bytes(&part, size, &snapshot, NULL),
				 size == section.size - 1 ? PYB_OK : PYB_ERR_DAMAGED);
		pyb_buffer_release(&part);
	}
	pyb_buffer_release(&section);
}
END_TEST

/* Counts whose sum overflows 32 bits, and any other, do not fit the size. */
START_TEST(another_count_is_refused)
{
	static const size_t counts[] = {
		offsetof(struct pyb_snapshot, segment_count),
		offsetof(struct pyb_snapshot, guard_count),
		offsetof(struct pyb_snapshot, file_count),
		offsetof(struct pyb_snapshot, fixup_count),
		offsetof(struct pyb_snapshot, strings_size),
		offsetof(struct pyb_snapshot, range_count),
	};
	static const uint32_t more[] = {1, 0x80000000, 0x40000000, 0x10000000, UINT32_MAX};
	struct snapshot_sample sample;
	struct snapshot snapshot;

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (size_t j = 0; j < sizeof(more) / sizeof(more[0]); j++) {
			uint32_t *const count = (void *)(section.data + counts[i]);
			*count += more[j];
			ck_assert_int_eq(open_bytes(&section, section.size, &snapshot, NULL),
					 PYB_ERR_DAMAGED);
			*count -= more[j];
		}
	pyb_buffer_release(&section);
}
END_TEST

/* --- rules, each broken once. Segments, files and fix-ups are in check_restore.c. */

static void expect(const struct snapshot_sample *sample, enum pyb_status status, const char *words)
{
	const struct pyb_snapshot_limits limits = {sample->snapshot.process.page_size, UINT64_MAX};
	struct pyb_error error = {0};
	struct pyb_buffer section = {0};

	ck_assert_int_eq(pyb_snapshot_check(&sample->snapshot, &limits, &error), status);
	ck_assert_msg(strstr(error.text, words) != NULL, "'%s' is not in '%s'", words, error.text);
	ck_assert_int_eq(pyb_snapshot_compose(&sample->snapshot, &section, NULL), PYB_ERR_INVALID);
	ck_assert_uint_eq(section.size, 0);
}

#define REFUSED(change, status, words)          \
	do {                                    \
		struct snapshot_sample sample;  \
		sample_make(&sample);           \
		change;                         \
		expect(&sample, status, words); \
	} while (0)

START_TEST(unsound_guards)
{
#define GUARD(guard_kind, change) \
	REFUSED(sample.guards[guard_kind].change, PYB_ERR_DAMAGED, "guard ")
	REFUSED(sample.guards[0].kind = GUARD_KINDS, PYB_ERR_UNSUPPORTED, "guard 0 is of a kind");
	for (uint32_t kind = 0; kind < GUARD_KINDS; kind++) {
		GUARD(kind, name = sample.snapshot.strings_size);
		GUARD(kind, name = UINT32_MAX);
		GUARD(kind, value = sample.snapshot.strings_size);
		GUARD(kind, value_size = sample.snapshot.strings_size);
		GUARD(kind, value_size = UINT32_MAX);
		GUARD(kind, value_size += 1);
		GUARD(kind, status.error = -1);
	}
	/* What the kind has no use for. */
	GUARD(GUARD_PATH, number = 1);
	GUARD(GUARD_LINK, value = 1);
	GUARD(GUARD_VARIABLE, number = 1);
	GUARD(GUARD_ARGUMENT, name = 1);
	GUARD(GUARD_FOLDER, status.mode = 1);
	GUARD(GUARD_HOST, status.ctime_ns = 1);
	GUARD(GUARD_MASK, value = 1);
	/* What it needs. */
	GUARD(GUARD_PATH, name = 0);
	GUARD(GUARD_ABSENT, name = 0);
	GUARD(GUARD_VARIABLE, value += 1);
	GUARD(GUARD_LIMIT, value_size = 8);
	GUARD(GUARD_PROCESSORS, value_size = 0);
	GUARD(GUARD_PROCESSORS, value_size = 1);
	GUARD(GUARD_FOLDER, value_size = 3);
	/* Where there was an error, nothing else was told; and whether it may be used tells nothing else. */
	GUARD(GUARD_LINK, status.size = 1);
	GUARD(GUARD_PATH, status.error = 2);
	GUARD(GUARD_LINK, status.mode = 1);
	GUARD(GUARD_LINK, status.error = -1);
	GUARD(GUARD_PRESENT, status.mtime_ns = 1);
	GUARD(GUARD_PRESENT, number = 1);
	GUARD(GUARD_PRESENT, number = 1 << (GUARD_ACCESS_MODES + 4));
	GUARD(GUARD_PRESENT, number = 1 << (2 * GUARD_ACCESS_MODES));
	GUARD(GUARD_MASK, status.mode = 1);
#undef GUARD
}
END_TEST

START_TEST(unsound_descriptions)
{
	REFUSED(sample.snapshot.process.page_size = 0, PYB_ERR_DAMAGED, "its pages");
	REFUSED(sample.snapshot.process.page_size = 2048, PYB_ERR_DAMAGED, "its pages");
	REFUSED(sample.snapshot.process.page_size = 12288, PYB_ERR_DAMAGED, "its pages");
	REFUSED(sample.snapshot.process.page_size = 65536, PYB_ERR_DAMAGED, "its pages");
	REFUSED(sample.snapshot.pages_size++, PYB_ERR_DAMAGED, "its pages");
	REFUSED(sample.strings[0] = 'x', PYB_ERR_DAMAGED, "strings");
	REFUSED(sample.snapshot.strings_size--, PYB_ERR_DAMAGED, "strings");
	REFUSED(sample.snapshot.strings_size = 0, PYB_ERR_DAMAGED, "strings");
	REFUSED(sample.file.path++, PYB_ERR_DAMAGED, "file 0");
	REFUSED(sample.file.reserved = 1, PYB_ERR_DAMAGED, "file 0");
	REFUSED(sample.segments[3].file = 1, PYB_ERR_DAMAGED, "segment 3");
	REFUSED(sample.segments[1].address -= PYB_PAGE_SIZE, PYB_ERR_DAMAGED, "segment 1");
}
END_TEST

START_TEST(ends_of_a_bundle)
{
	struct pyb_snapshot_limits limits = {PYB_PAGE_SIZE, SAMPLE_PAGES};
	struct snapshot_sample sample;

	sample_make(&sample);
	ck_assert_int_eq(pyb_snapshot_check(&sample.snapshot, &limits, NULL), PYB_OK);
	/* The last page may be a part, and only that. */
	limits.bundle_size = SAMPLE_PAGES - PYB_PAGE_SIZE + 1;
	ck_assert_int_eq(pyb_snapshot_check(&sample.snapshot, &limits, NULL), PYB_OK);
	limits.bundle_size--;
	ck_assert_int_eq(pyb_snapshot_check(&sample.snapshot, &limits, NULL), PYB_ERR_DAMAGED);
	limits.bundle_size = 0;
	ck_assert_int_eq(pyb_snapshot_check(&sample.snapshot, &limits, NULL), PYB_ERR_DAMAGED);
	limits.bundle_size = UINT64_MAX;
	sample.segments[3].offset = UINT64_MAX - PYB_PAGE_SIZE + 1;
	ck_assert_int_eq(pyb_snapshot_check(&sample.snapshot, &limits, NULL), PYB_ERR_DAMAGED);
}
END_TEST

/* --- in a bundle */

static uint8_t pages[SAMPLE_PAGES];

static struct pyb_writer *writer_of(const struct pyb_buffer *section)
{
	struct pyb_writer *const writer = new_writer(&plain_options);

	for (size_t i = 0; i < sizeof(pages); i++)
		pages[i] = (uint8_t)(i * 7 + 1);
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_SNAPSHOT, section->data,
						section->size, NULL),
			 PYB_OK);
	ck_assert_int_eq(
		pyb_writer_lend_section(writer, PYB_SECTION_PAGES, pages, sizeof(pages), NULL),
		PYB_OK);
	ck_assert_int_eq(pyb_writer_set_main(writer, "pass", 4, NULL), PYB_OK);
	return writer;
}

static struct file write_sample(void)
{
	struct snapshot_sample sample;
	struct pyb_error error = {0};
	uint64_t written;

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	struct pyb_writer *const writer = writer_of(&section);
	ck_assert_msg(pyb_writer_write(writer, in_folder("a.pyb"), &written, &error) == PYB_OK,
		      "%s", error.text);
	pyb_writer_destroy(writer);
	pyb_buffer_release(&section);
	return read_file(in_folder("a.pyb"));
}

static struct pyb_reader read_sample(const struct file *file)
{
	struct pyb_reader reader;
	struct pyb_error error = {0};

	ck_assert_msg(pyb_reader_init(&reader, file->bytes, file->size, &error) == PYB_OK, "%s",
		      error.text);
	return reader;
}

START_TEST(a_bundle_has_it)
{
	struct file file = write_sample();
	const struct pyb_reader reader = read_sample(&file);
	const struct pyb_section *const sections = reader.header->sections;
	const uint32_t count = reader.header->section_count;
	struct snapshot_sample sample;
	struct snapshot snapshot;
	struct pyb_error error = {0};

	sample_make(&sample);
	ck_assert_msg(pyb_snapshot_find(&reader, &snapshot, &error) == PYB_OK, "%s", error.text);
	same_tables(&snapshot, &sample.snapshot);
	ck_assert_uint_eq(sections[count - 3].type, PYB_SECTION_SNAPSHOT);
	ck_assert_uint_eq(sections[count - 2].type, PYB_SECTION_PAGES);
	ck_assert_uint_eq(sections[count - 1].type, PYB_SECTION_ARCHIVE);
	ck_assert_uint_eq(sections[count - 2].flags, 0);
	ck_assert_mem_eq(file.bytes + sections[count - 2].offset, pages, sizeof(pages));
	ck_assert_msg(pyb_reader_verify(&reader, &error) == PYB_OK, "%s", error.text);
	free(file.bytes);
}
END_TEST

/* Those who do without the snapshot look at nothing of it; those who use it, not at its pages. */
START_TEST(nothing_is_looked_at_for_nothing)
{
	struct file file = write_sample();
	struct snapshot snapshot;
	const int descriptor = open(in_folder("a.pyb"), O_RDONLY);
	uint8_t *const mapped = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	const struct file same = {mapped, file.size};

	ck_assert_ptr_ne(mapped, MAP_FAILED);
	close(descriptor);
	const uint64_t tables =
		pyb_header_section((void *)file.bytes, PYB_SECTION_SNAPSHOT)->offset;
	const uint64_t at = pyb_header_section((void *)file.bytes, PYB_SECTION_PAGES)->offset;
	ck_assert_int_eq(mprotect(mapped + tables, file.size - tables, PROT_NONE), 0);
	const struct pyb_reader reader = read_sample(&same);
	ck_assert_int_eq(mprotect(mapped + tables, at - tables, PROT_READ), 0);
	ck_assert_int_eq(pyb_snapshot_find(&reader, &snapshot, NULL), PYB_OK);
	munmap(mapped, file.size);
	free(file.bytes);
}
END_TEST

/* Each bit of the tables, and a bit of each page. */
START_TEST(flipped_bits)
{
	struct file file = write_sample();
	const struct pyb_reader reader = read_sample(&file);
	const struct pyb_section *const tables = pyb_reader_section(&reader, PYB_SECTION_SNAPSHOT);
	const uint64_t at = pyb_reader_section(&reader, PYB_SECTION_PAGES)->offset;
	struct snapshot snapshot;

	for (uint64_t bit = 0; bit < tables->size * 8; bit++) {
		uint8_t *const byte = file.bytes + tables->offset + bit / 8;
		*byte ^= (uint8_t)(1U << bit % 8);
		ck_assert_int_eq(pyb_snapshot_find(&reader, &snapshot, NULL), PYB_ERR_DAMAGED);
		*byte ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t i = 0; i < SAMPLE_PAGES; i += PYB_PAGE_SIZE) {
		file.bytes[at + i] ^= 1;
		ck_assert_int_eq(pyb_reader_verify(&reader, NULL), PYB_ERR_DAMAGED);
		file.bytes[at + i] ^= 1;
	}
	ck_assert_int_eq(pyb_reader_verify(&reader, NULL), PYB_OK);
	free(file.bytes);
}
END_TEST

/* What the tables say of other sections, with all checksums right. */
START_TEST(tables_of_another_bundle)
{
	struct file file = write_sample();
	struct pyb_header *const header = (void *)file.bytes;
	const struct pyb_reader reader = read_sample(&file);
	struct pyb_section *const section =
		(void *)(uintptr_t)pyb_reader_section(&reader, PYB_SECTION_SNAPSHOT);
	struct pyb_snapshot *const head = (void *)(file.bytes + section->offset);
	struct snapshot_segment *const segments = (void *)(head + 1);
	struct pyb_error error = {0};

	head->pages_size += PYB_PAGE_SIZE;
	section->checksum = pyb_digest64(head, section->size);
	ck_assert_int_eq(pyb_snapshot_verify(&reader, &error), PYB_ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(error.text, "'pages' is not of the size"));
	head->pages_size -= PYB_PAGE_SIZE;
	segments[3].offset = header->file_size - PYB_PAGE_SIZE;
	section->checksum = pyb_digest64(head, section->size);
	error = (struct pyb_error){0};
	ck_assert_int_eq(pyb_snapshot_verify(&reader, &error), PYB_ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(error.text, "segment 3"));
	free(file.bytes);
}
END_TEST

START_TEST(the_writer_takes_none_that_is_wrong)
{
	static const uint8_t too_many[SAMPLE_PAGES + PYB_PAGE_SIZE];
	struct snapshot_sample sample;
	struct pyb_error error = {0};
	uint64_t written;

	sample_make(&sample);
	struct pyb_buffer section = sample_compose(&sample);
	struct pyb_writer *const writer = writer_of(&section);
#define IS_REFUSED()                                                                     \
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("b.pyb"), &written, &error), \
			 PYB_ERR_INVALID);                                               \
	ck_assert_ptr_nonnull(strstr(error.text, "the snapshot is wrong"))
	pyb_writer_lend_section(writer, PYB_SECTION_PAGES, too_many, sizeof(too_many), NULL);
	IS_REFUSED();
	pyb_writer_set_section(writer, PYB_SECTION_PAGES, NULL, 0, NULL);
	IS_REFUSED();
	pyb_writer_set_section(writer, PYB_SECTION_SNAPSHOT, section.data, section.size - 1, NULL);
	IS_REFUSED();
	pyb_writer_lend_section(writer, PYB_SECTION_PAGES, pages, sizeof(pages), NULL);
	pyb_writer_lend_section(writer, PYB_SECTION_SNAPSHOT, NULL, 0, NULL);
	IS_REFUSED();
#undef IS_REFUSED
	ck_assert_int_eq(pyb_writer_lend_section(writer, PYB_SECTION_HOT, "x", 1, NULL),
			 PYB_ERR_INVALID);
	/* Without both it is what it was. */
	pyb_writer_set_section(writer, PYB_SECTION_PAGES, NULL, 0, NULL);
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("b.pyb"), &written, NULL), PYB_OK);
	pyb_writer_destroy(writer);
	pyb_buffer_release(&section);
}
END_TEST

static unsigned int written_mode(struct pyb_writer *writer)
{
	struct stat status;
	uint64_t written;

	ck_assert_int_eq(pyb_writer_write(writer, in_folder("m.pyb"), &written, NULL), PYB_OK);
	ck_assert_int_eq(stat(in_folder("m.pyb"), &status), 0);
	return status.st_mode & 07777;
}

START_TEST(who_may_read_it)
{
	struct pyb_writer *const writer = new_writer(&plain_options);

	umask(022);
	ck_assert_uint_eq(written_mode(writer), 0444);
	pyb_writer_set_private(writer, true);
	ck_assert_uint_eq(written_mode(writer), 0400);
	pyb_writer_set_private(writer, false);
	ck_assert_uint_eq(written_mode(writer), 0444);
	pyb_writer_destroy(writer);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("snapshot tables");
	TCase *const tables = tcase_create("tables");
	TCase *const bundles = tcase_create("bundles");

	tcase_add_test(tables, a_section_comes_back);
	tcase_add_test(tables, an_empty_one_comes_back);
	tcase_add_test(tables, another_size_is_refused);
	tcase_add_test(tables, another_count_is_refused);
	tcase_add_test(tables, unsound_guards);
	tcase_add_test(tables, unsound_descriptions);
	tcase_add_test(tables, ends_of_a_bundle);
	tcase_add_checked_fixture(bundles, enter_folder, leave_folder);
	tcase_add_test(bundles, a_bundle_has_it);
	tcase_add_test(bundles, nothing_is_looked_at_for_nothing);
	tcase_add_test(bundles, flipped_bits);
	tcase_add_test(bundles, tables_of_another_bundle);
	tcase_add_test(bundles, the_writer_takes_none_that_is_wrong);
	tcase_add_test(bundles, who_may_read_it);
	suite_add_tcase(suite, tables);
	suite_add_tcase(suite, bundles);

	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
