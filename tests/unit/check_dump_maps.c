/* SPDX-License-Identifier: MIT */
/* snapshot/dump/maps.h: texts in the form of /proc/self/smaps, of kernels that this one is not, and odd ones. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "importer/snapshot/dump/maps.h"
#include "lib/snapshot_format.h"

enum { ROOM = 4 };

static struct map maps[ROOM];

static size_t parse(const char *text)
{
	static char copy[4096]; /* maps have names in it */
	struct pyb_error error = {0};
	size_t count;

	strcpy(copy, text);
	ck_assert_int_eq(maps_parse(copy, maps, ROOM, &count, &error), PYB_OK);
	ck_assert_str_eq(error.text, "");
	return count;
}

START_TEST(numbers)
{
	ck_assert_uint_eq(parse("7f066ff49000-7f06700a7000 r-xs 0001e000 fe:1f 332835   /lib/a b\n"
				"Size:               1400 kB\n"
				"Anonymous:            12 kB\n"
				"AnonHugePages:      2048 kB\n"
				"Swap:                  4 kB\n"
				"SwapPss:               4 kB\n"
				"VmFlags: rd ex mr mw me dd wf\n"),
			  1);
	ck_assert_uint_eq(maps[0].start, 0x7f066ff49000);
	ck_assert_uint_eq(maps[0].end, 0x7f06700a7000);
	ck_assert_uint_eq(maps[0].offset, 0x1e000);
	ck_assert_uint_eq(maps[0].inode, 332835);
	ck_assert_uint_eq(maps[0].device, makedev(0xfe, 0x1f));
	ck_assert_uint_eq(maps[0].copied, 16 << 10);
	ck_assert_uint_eq(maps[0].protection, PROT_READ | PROT_EXEC);
	ck_assert_uint_eq(maps[0].advice, ADVICE_NOT_IN_CORE | ADVICE_WIPE_ON_FORK);
	ck_assert_uint_eq(maps[0].oddities, 0);
	ck_assert(maps[0].is_shared);
	ck_assert_str_eq(maps[0].name, "/lib/a b");
	ck_assert_int_eq(maps[0].kind, MAP_KIND_FILE);
}
END_TEST

/* Both lists of the kernel: with details and without. */
START_TEST(without_details)
{
	ck_assert_uint_eq(parse("1000-2000 rw-p 00000000 00:00 0 \n"
				"3000-4000 ---p 00000000 00:00 0                  [heap]\n"),
			  2);
	ck_assert_str_eq(maps[0].name, "");
	ck_assert_uint_eq(maps[1].start, 0x3000);
	ck_assert_uint_eq(maps[1].protection, PROT_NONE);
	ck_assert_uint_eq(parse(""), 0);
}
END_TEST

static const struct {
	const char *name;
	enum map_kind kind;
} kinds[] = {
	{"", MAP_KIND_ANONYMOUS},
	{"[heap]", MAP_KIND_ANONYMOUS},
	{"[anon:arena]", MAP_KIND_ANONYMOUS},
	{"[stack]", MAP_KIND_STACK},
	{"[vdso]", MAP_KIND_VDSO},
	{"[vvar]", MAP_KIND_KERNEL},
	{"[vvar_vclock]", MAP_KIND_KERNEL},
	{"[vsyscall]", MAP_KIND_KERNEL},
	{"/[heap]", MAP_KIND_FILE},
	{"/memfd:x (deleted)", MAP_KIND_FILE},
	{"(unreachable)/x", MAP_KIND_UNKNOWN},
	{"[anon_shmem:x]", MAP_KIND_UNKNOWN},
	{"[uprobes]", MAP_KIND_UNKNOWN},
	{"anon_inode:[perf_event]", MAP_KIND_UNKNOWN},
	{"socket:[123]", MAP_KIND_UNKNOWN},
};

START_TEST(kinds_by_name)
{
	char text[256];

	snprintf(text, sizeof(text), "1000-2000 rw-p 00000000 00:00 0    %s\n", kinds[_i].name);
	ck_assert_uint_eq(parse(text), 1);
	ck_assert_int_eq(maps[0].kind, kinds[_i].kind);
	ck_assert_ptr_eq(maps_find(maps, 1, kinds[_i].kind), &maps[0]);
	ck_assert_ptr_null(maps_find(maps, 0, kinds[_i].kind));
}
END_TEST

static const struct {
	const char *detail;
	uint32_t oddity;
} details[] = {
	{"VmFlags: rd wr lo", ODDITY_LOCKED},
	{"VmFlags: ht", ODDITY_HUGE_POOL},
	{"VmFlags: uw", ODDITY_USERFAULT},
	{"VmFlags: um", ODDITY_USERFAULT},
	{"VmFlags: pf io", ODDITY_DEVICE},
	{"VmFlags: sl", ODDITY_SEALED},
	{"VmFlags: gd", ODDITY_GROWING},
	{"VmFlags: ss", ODDITY_SHADOW},
	{"VmFlags: mt", ODDITY_TAGGED},
	{"ProtectionKey:         1", ODDITY_WITH_KEY},
	{"ProtectionKey:         0", 0},
	{"VmFlags: rd wr mr mw me ac nr xx", 0},
	{"VmFlags:", 0},
	{"Locked:                4 kB", 0},
};

START_TEST(oddities)
{
	char text[256];

	snprintf(text, sizeof(text), "1000-2000 rw-p 00000000 00:00 0 \n%s\n", details[_i].detail);
	ck_assert_uint_eq(parse(text), 1);
	ck_assert_uint_eq(maps[0].oddities, details[_i].oddity);
}
END_TEST

START_TEST(more_than_there_is_room_for)
{
	ck_assert_uint_eq(parse("1000-2000 rw-p 0 0:0 0 \n2000-3000 rw-p 0 0:0 0 \n"
				"3000-4000 rw-p 0 0:0 0 \n4000-5000 rw-p 0 0:0 0 \n"
				"5000-6000 rw-p 0 0:0 0 \nVmFlags: lo\n6000-7000 rw-p 0 0:0 0 \n"),
			  6);
	ck_assert_uint_eq(maps[3].start, 0x4000);
	ck_assert_uint_eq(maps[3].oddities, 0);
}
END_TEST

static const char *const other_forms[] = {
	"Size: 4 kB\n", /* details of nothing */
	"1000 rw-p 00000000 00:00 0 \n",
	"1000-2000\n",
	"1000-2000 rw-p\n",
	"1000-2000 rw-- 00000000 00:00 0 \n",
	"1000-2000 -x-p 00000000 00:00 0 \n",
	"1000-2000 rw-p 00000000 0000 0 \n",
	"1000-2000 rw-p 00000000 00:00\n",
	"1000-2000 rw-p 00000000 00:00 \n",
	"2000-2000 rw-p 00000000 00:00 0 \n",
	"3000-2000 rw-p 00000000 00:00 0 \n",
	"1000-10000000000000000 rw-p 00000000 00:00 0 \n",
	"1000-2000 rw-p 00000000 00:00 99999999999999999999 \n",
	"\n",
	"1000-2000 rw-p 00000000 00:00 0 \n-\n",
};

START_TEST(another_form)
{
	char text[128];
	struct pyb_error error = {0};
	size_t count;

	strcpy(text, other_forms[_i]);
	ck_assert_int_eq(maps_parse(text, maps, ROOM, &count, &error), PYB_ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(error.text, "another form"));
}
END_TEST

/* A dump of one moment and of another tell the same, unless what they would store differs. */
START_TEST(equal)
{
	struct map one;

	parse("1000-2000 rw-p 00000000 00:01 7   /x\nAnonymous: 4 kB\n");
	one = maps[0];
	parse("1000-2000 rw-p 00000000 00:01 7   /x\nAnonymous: 4 kB\n");
	ck_assert(maps_are_equal(&one, &maps[0]));
	parse("1000-2000 rw-p 00000000 00:01 7   /x\nAnonymous: 8 kB\n");
	ck_assert(!maps_are_equal(&one, &maps[0]));
	parse("1000-2000 r--p 00000000 00:01 7   /x\nAnonymous: 4 kB\n");
	ck_assert(!maps_are_equal(&one, &maps[0]));
	parse("1000-2000 rw-p 00000000 00:00 0   [stack]\n");
	one = maps[0];
	parse("0800-2000 rw-p 00000000 00:00 0   [stack]\nAnonymous: 8 kB\n");
	ck_assert(maps_are_equal(&one, &maps[0]));
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("dump_maps");
	TCase *const texts = tcase_create("texts");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(texts, numbers);
	tcase_add_test(texts, without_details);
	tcase_add_loop_test(texts, kinds_by_name, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(texts, oddities, 0, sizeof(details) / sizeof(details[0]));
	tcase_add_test(texts, more_than_there_is_room_for);
	tcase_add_loop_test(texts, another_form, 0, sizeof(other_forms) / sizeof(other_forms[0]));
	tcase_add_test(texts, equal);
	suite_add_tcase(suite, texts);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
