/* SPDX-License-Identifier: MIT */
/* The .pth files of a folder, as section SITE has them: good values, and what breaks each rule. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memo.h"

/* A value with the count in front of the bytes of a string constant, its last NUL not included. */
#define VALUE(count, text)                       \
	{                                        \
		count, text, sizeof(text "") - 1 \
	}

struct value {
	uint32_t name_count;
	const char *bytes;
	size_t size;
};

static enum pyb_status open_value(const struct value *value, uint8_t *buffer,
				  struct pyb_site_view *view, struct pyb_error *error)
{
	const struct pyb_bytes bytes = {.data = buffer,
					.size = sizeof(value->name_count) + value->size};

	memcpy(buffer, &value->name_count, sizeof(value->name_count));
	memcpy(buffer + sizeof(value->name_count), value->bytes, value->size);
	return pyb_site_open(&bytes, view, error);
}

static const struct value good[] = {
	VALUE(0, ""),
	VALUE(1, ".pth\0"),
	VALUE(2, "a.pth\0another one.pth\0"),
};

START_TEST(good_value)
{
	const struct value *const value = &good[_i];
	/* Exactly as large as the value: a look behind its end is noticed by the sanitizers. */
	uint8_t *const buffer = malloc(sizeof(uint32_t) + value->size);
	struct pyb_error error = {0};
	struct pyb_site_view view;

	ck_assert_ptr_nonnull(buffer);
	ck_assert_int_eq(open_value(value, buffer, &view, &error), PYB_OK);
	ck_assert_uint_eq(view.name_count, value->name_count);
	ck_assert_int_eq(memcmp(view.names, value->bytes, value->size), 0);
	free(buffer);
}
END_TEST

static const struct {
	struct value value;
	const char *message;
} bad[] = {
	{VALUE(1, ""), "a .pth file has an illegal name"},
	{VALUE(1, "\0"), "a .pth file has an illegal name"},
	{VALUE(1, "a.pth"), "a .pth file has an illegal name"},
	{VALUE(2, "a.pth\0"), "a .pth file has an illegal name"},
	{VALUE(2, "a.pth\0b.pth"), "a .pth file has an illegal name"},
	{VALUE(1, "../a.pth\0"), "a .pth file has an illegal name"},
	{VALUE(UINT32_MAX, "a.pth\0"), "a .pth file has an illegal name"},
	{VALUE(0, "a.pth\0"), "the .pth files of a folder have a wrong size"},
	{VALUE(1, "a.pth\0b.pth\0"), "the .pth files of a folder have a wrong size"},
};

START_TEST(bad_value)
{
	const struct value *const value = &bad[_i].value;
	uint8_t *const buffer = malloc(sizeof(uint32_t) + value->size);
	struct pyb_error error = {0};
	struct pyb_site_view view;

	ck_assert_ptr_nonnull(buffer);
	ck_assert_int_eq(open_value(value, buffer, &view, &error), PYB_ERR_DAMAGED);
	ck_assert_str_eq(error.text, bad[_i].message);
	free(buffer);
}
END_TEST

START_TEST(cut_off)
{
	uint8_t *const buffer = calloc(1, sizeof(uint32_t) - 1);
	const struct pyb_bytes bytes = {.data = buffer, .size = sizeof(uint32_t) - 1};
	struct pyb_error error = {0};
	struct pyb_site_view view;

	ck_assert_ptr_nonnull(buffer);
	ck_assert_int_eq(pyb_site_open(&bytes, &view, &error), PYB_ERR_DAMAGED);
	ck_assert_str_eq(error.text, "the .pth files of a folder are cut off");
	free(buffer);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("site");
	TCase *const values = tcase_create("values");
	SRunner *const runner = srunner_create(suite);

	tcase_add_loop_test(values, good_value, 0, sizeof(good) / sizeof(*good));
	tcase_add_loop_test(values, bad_value, 0, sizeof(bad) / sizeof(*bad));
	tcase_add_test(values, cut_off);
	suite_add_tcase(suite, values);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
