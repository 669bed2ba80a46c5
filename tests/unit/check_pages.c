/* SPDX-License-Identifier: MIT */
/* How many huge pages are worth asking for, and whether the kernel has them. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "importer/memory/pages.h"

#define SMALL_ONES " 9 9 9 9 9 9 9 9 9 " /* pieces of 1 to 256 pages */

START_TEST(only_huge_pieces_count)
{
	static const struct {
		const char *report;
		size_t pages;
	} cases[] = {
		{"", 0},
		{"\n\n", 0},
		{"Node 0, zone   Normal" SMALL_ONES "\n", 0},
		{"Node 0, zone   Normal" SMALL_ONES "3\n", 3},
		{"Node 0, zone   Normal" SMALL_ONES "3 2\n", 3 + 2 * 2},
		{"Node 0, zone   Normal" SMALL_ONES "0 1 1\n", 2 + 4},
		{"Node 0, zone    DMA32" SMALL_ONES "3\n", 3}, /* a digit in the zone's name */
		{"Node 7, zone  Movable" SMALL_ONES "1", 1},   /* no end of line */
		{"Node 0, zone DMA" SMALL_ONES "1\nNode 0, zone Normal" SMALL_ONES "2 1\n", 1 + 4},
		{"Node 0, zone DMA" SMALL_ONES "1\nNode 0, zone Nor", 1}, /* cut off */
		{"Node 0, zone Normal\n", 0},
		{"nothing of the kind 9 9 9 9 9 9 9 9 9 9 9 9\n", 0},
		{"Node 0, zone Normal 1 x" SMALL_ONES "9\n", 0},
	};

	ck_assert_uint_eq(pages_free_in_report(cases[_i].report), cases[_i].pages * PAGES_HUGE);
}
END_TEST

START_TEST(little_is_wasted)
{
	static const struct {
		size_t size, pages;
	} cases[] = {
		{0, 0},
		{1, 0},
		{PAGES_HUGE / 4 * 3 - 1, 0},
		{PAGES_HUGE / 4 * 3, 1},
		{PAGES_HUGE, 1},
		{PAGES_HUGE + PAGES_HUGE / 4 * 3 - 1, 1},
		{PAGES_HUGE + PAGES_HUGE / 4 * 3, 2},
	};

	ck_assert_uint_eq(pages_round(cases[_i].size), cases[_i].pages * PAGES_HUGE);
}
END_TEST

START_TEST(nobody_has_that_much)
{
	ck_assert(!pages_are_plentiful(0)); /* nothing is asked for */
	ck_assert(!pages_are_plentiful(SIZE_MAX / 2));
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("pages");
	TCase *const tcase = tcase_create("pages");
	SRunner *const runner = srunner_create(suite);

	tcase_add_loop_test(tcase, only_huge_pieces_count, 0, 13);
	tcase_add_loop_test(tcase, little_is_wasted, 0, 7);
	tcase_add_test(tcase, nobody_has_that_much);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
