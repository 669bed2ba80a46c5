/* SPDX-License-Identifier: MIT */
/* snapshot/compare_builds.h: what of the memory of two starts may differ, and what is told of all else. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/snapshot/compare_builds.h"

enum { PAGE = 4096, SEGMENTS = 4, FIXUPS = 2, FIRST = 4321, SECOND = 8765 };

#define LINKER UINT64_C(0x10000) /* its file, and its data behind that */
#define HEAP UINT64_C(0x40000)
#define THREAD UINT64_C(0x50000)

static const char strings[] = "\0/nowhere/ld-linux.so.2";
static const struct snapshot_file files[] = {{.path = 1}};

/* A process with its tables. */
struct side {
	struct snapshot_segment segments[SEGMENTS];
	struct snapshot_fixup fixups[FIXUPS];
	struct snapshot snapshot;
	struct pyb_buffer pages;
	struct built built;
};

static struct side sides[2];
static struct pyb_error error;

static void make_side(struct side *side, pid_t process)
{
	const struct snapshot_segment segments[SEGMENTS] = {
		{.address = LINKER, .size = PAGE, .source = SEGMENT_FILE},
		{.address = LINKER + PAGE, .size = PAGE, .source = SEGMENT_PAGES},
		{.address = HEAP, .size = PAGE, .source = SEGMENT_PAGES, .offset = PAGE},
		{.address = THREAD,
		 .size = PAGE,
		 .source = SEGMENT_PAGES,
		 .offset = (uint64_t)2 * PAGE},
	};

	*side = (struct side){.pages = {.data = calloc(3, PAGE), .size = (size_t)3 * PAGE}};
	ck_assert_ptr_nonnull(side->pages.data);
	memcpy(side->segments, segments, sizeof(segments));
	side->fixups[0] = (struct snapshot_fixup){.address = HEAP + 64, .kind = FIXUP_ARGV};
	side->fixups[1] = (struct snapshot_fixup){.address = HEAP + 132, .kind = FIXUP_THREAD_ID};
	side->snapshot = (struct snapshot){
		.thread = {.rseq = THREAD + 32, .rseq_size = 32},
		.segments = side->segments,
		.segment_count = SEGMENTS,
		.fixups = side->fixups,
		.fixup_count = FIXUPS,
		.files = files,
		.file_count = 1,
		.strings = strings,
		.strings_size = sizeof(strings),
	};
	side->built = (struct built){process, &side->snapshot, &side->pages};
}

static void set_up(void)
{
	make_side(&sides[0], FIRST);
	make_side(&sides[1], SECOND);
	error = (struct pyb_error){0};
}

static void tear_down(void)
{
	free(sides[0].pages.data);
	free(sides[1].pages.data);
}

static uint8_t *bytes_at(struct side *side, uint64_t address)
{
	size_t size;

	/* Also to be written to here. */
	return (uint8_t *)(uintptr_t)built_bytes(&side->built, address, &size);
}

static void put(uint64_t address, uint64_t one, uint64_t other)
{
	memcpy(bytes_at(&sides[0], address), &one, sizeof(one));
	memcpy(bytes_at(&sides[1], address), &other, sizeof(other));
}

static enum pyb_status compare(void)
{
	return compare_builds(&sides[0].built, &sides[1].built, &error);
}

static void expect_difference(const char *words)
{
	error = (struct pyb_error){0};
	ck_assert_int_eq(compare(), PYB_ERR_MISMATCH);
	ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
}

START_TEST(same)
{
	put(HEAP, 17, 17);
	ck_assert_msg(compare() == PYB_OK, "%s", error.text);
}
END_TEST

START_TEST(what_may_differ)
{
	put(HEAP + 64, 1, 2);                                  /* a fix-up of a word, */
	put(HEAP + 128, UINT64_C(1) << 32, UINT64_C(2) << 32); /* and of half a word */
	put(THREAD + 32, 1, 0);                                /* the kernel's */
	put(LINKER + PAGE + 8, 5263847562398, 5263853400312);  /* cycles */
#if defined(__x86_64__)
	put(LINKER + PAGE + 16, 0xfffa320301020800, 0xfffa320300020800); /* the number of a core */
#endif
	strcpy((char *)bytes_at(&sides[0], HEAP + 1001), "/proc/4321/fd/7");
	strcpy((char *)bytes_at(&sides[1], HEAP + 1001), "/proc/8765/fd/7");
	ck_assert_msg(compare() == PYB_OK, "%s", error.text);
}
END_TEST

static const struct {
	uint64_t address, one, other;
	const char *words;
} differences[] = {
	{HEAP + 56, 1, 2, "memory that was allocated, at 0x40038, is 1 ("},
	{HEAP + 72, 1, 2, "is 1 (\\x01\\x00\\x00"},
	{HEAP + 136, 1, 2, "in the other"},
	{HEAP + PAGE - 8, 1, 2, "at 0x40ff8"},
	{THREAD + 24, 1, 0, "at 0x50018"},
	{THREAD + 64, 1, 0, "at 0x50040"},
	{LINKER + PAGE, 3, 4, "/nowhere/ld-linux.so.2 + 0x1000"},
	/* Such as are no addresses and no counts. */
	{LINKER + PAGE, UINT64_C(1) << 60, UINT64_C(2) << 60, "/nowhere/ld-linux.so.2 + 0x1000"},
	{HEAP, 5263847562398, 5263853400312, "is 5263847562398 ("},
	{HEAP, 0x61626364, 0x61626365, "(dcba\\x00"},
};

START_TEST(what_may_not)
{
	put(differences[_i].address, differences[_i].one, differences[_i].other);
	expect_difference(differences[_i].words);
}
END_TEST

START_TEST(numbers_in_names)
{
	strcpy((char *)bytes_at(&sides[0], HEAP), "/proc/4321/fd/7");
	strcpy((char *)bytes_at(&sides[1], HEAP), "/proc/8765/fd/8");
	expect_difference("memory that was allocated, at 0x40008");
}
END_TEST

START_TEST(tables)
{
	sides[1].segments[2].protection = 1;
	expect_difference("at 0x40000, is mapped in another way");
	sides[1].segments[2].protection = 0;
	sides[1].fixups[0].kind = FIXUP_STACK;
	expect_difference("at 0x40040, depends on the process in another way");
	sides[1].fixups[0].kind = FIXUP_ARGV;
	sides[1].snapshot.fixup_count = 1;
	expect_difference("more words depend on the process");
	sides[1].snapshot.fixup_count = FIXUPS;
	sides[1].snapshot.segment_count = SEGMENTS - 1;
	expect_difference("there is more of it");
	sides[1].snapshot.segment_count = SEGMENTS;
	sides[1].snapshot.thread.pointer = 1;
	expect_difference("the kernel knows their threads by other addresses");
	sides[1].snapshot.thread.pointer = 0;
	sides[0].pages.size = sides[1].pages.size = PAGE;
	ck_assert_int_eq(compare(), PYB_ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("compare_builds");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, same);
	tcase_add_test(tcase, what_may_differ);
	tcase_add_loop_test(tcase, what_may_not, 0, sizeof(differences) / sizeof(differences[0]));
	tcase_add_test(tcase, numbers_in_names);
	tcase_add_test(tcase, tables);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
