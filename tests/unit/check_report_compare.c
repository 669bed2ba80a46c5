/* SPDX-License-Identifier: MIT */
/* snapshot/report_compare.h: what is told of two reports that differ. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/snapshot/report_compare.h"

static struct pyb_buffer as_buffer(const char *text)
{
	return (struct pyb_buffer){.data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
}

static bool are_equal(const char *stock, const char *again, const char *restored, char text[256])
{
	const struct pyb_buffer one = as_buffer(stock), other = as_buffer(restored);
	const struct pyb_buffer second = as_buffer(again == NULL ? "" : again);
	const struct reports_again both = {.list = {one, second}, .count = again == NULL ? 0 : 2};

	text[0] = '\0';
	return reports_are_equal(&one, &both, &other, text, 256);
}

static const struct {
	const char *stock, *again, *restored, *told; /* NULL: they are equal */
} cases[] = {
	{"a\t1\nb\t2\n", NULL, "a\t1\nb\t2\n", NULL},
	{"", NULL, "", NULL},
	{"a\t1\nb\t2\n", NULL, "a\t1\nb\t3\n", "b is 3 with the snapshot, and 2 without"},
	{"a\t1\nb\t2\n", NULL, "a\t1\n", "b is 2 without the snapshot, and is not there with it"},
	{"a\t1\n", NULL, "a\t1\nb\t2\n", "b is 2 with the snapshot, and is not there without it"},
	{"a\t1\nb\t2\n", NULL, "b\t2\na\t1\n", "the attributes of a module have another order"},
	/* What each start without it has otherwise. */
	{"a\t1\nb\t2\n", "a\t1\nb\t9\n", "a\t1\nb\t3\n", NULL},
	{"a\t1\nb\t2\n", "a\t1\nb\t9\n", "a\t4\nb\t3\n", "a is 4 with the snapshot, and 1 without"},
	{"a\t1\nb\t2\n", "a\t1\n", "a\t1\n", NULL},
	{"a\t1\n", "a\t1\nb\t9\n", "a\t1\nb\t3\n", NULL},
	{"a\t1\n", "a\t1\nb\t9\n", "a\t1\nb\t3\nc\t3\n",
	 "c is 3 with the snapshot, and is not there without it"},
	{"a\t1\nb\t2\n", "b\t2\na\t1\n", "b\t2\na\t1\n", NULL},
	{"a\t1\nb\t2\n", "a\t1\nb\t2\n", "b\t2\na\t1\n",
	 "the attributes of a module have another order"},
	/* No form that is expected. */
	{"a\t1", NULL, "a\t2", "a is 2 with the snapshot, and 1 without"},
	{"a\n", NULL, "", "a is  without the snapshot, and is not there with it"},
	{"\t\n", NULL, "\t1\n", " is 1 with the snapshot, and  without"},
};

START_TEST(told)
{
	const char *const expected = cases[_i].told;
	char text[256];

	ck_assert_int_eq(are_equal(cases[_i].stock, cases[_i].again, cases[_i].restored, text),
			 expected == NULL);
	if (expected != NULL)
		ck_assert_str_eq(text, expected);
}
END_TEST

/* The place where they differ is shown, whatever is before it. */
START_TEST(long_values)
{
	enum { SIZE = 4000, PLACE = 3000 };
	static char one[SIZE + 1], other[SIZE + 1];
	char text[256];

	for (size_t i = 0; i < SIZE; i++)
		one[i] = (char)('a' + i % 20);
	memcpy(one, "name\t", 5);
	one[SIZE - 1] = '\n';
	memcpy(other, one, sizeof(one));
	other[PLACE] = 'X';
	ck_assert(!are_equal(one, NULL, other, text));
	ck_assert_ptr_nonnull(strstr(text, "name is "));
	ck_assert_ptr_nonnull(strchr(text, 'X'));
	ck_assert_uint_lt(strlen(text), 256);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("report_compare");
	TCase *const tcase = tcase_create("all");

	tcase_add_loop_test(tcase, told, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, long_values);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
