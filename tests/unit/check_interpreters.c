/* SPDX-License-Identifier: MIT */
/* lib/interpreters.h and lib/python_version.h: versions, and which interpreter is meant by one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/interpreters.h"
#include "lib/python_version.h"

START_TEST(version_text)
{
	static const struct {
		uint32_t version;
		const char *text;
	} versions[] = {
		{0x030b02f0, "3.11.2"},          {0x030d00f0, "3.13.0"},
		{0x030fffa6, "3.15.255a6"},      {0x030b02b1, "3.11.2b1"},
		{0x030f00c2, "3.15.0rc2"},       {0x030b02f1, "3.11.2+1"},
		{0x030b0200, "3.11.2"},          {0x00000000, "0.0.0"},
		{0xffffffcf, "255.255.255rc15"},
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		char text[PYB_PYTHON_VERSION_SIZE];
		pyb_python_version_write(text, versions[i].version);
		ck_assert_str_eq(text, versions[i].text);
	}
}
END_TEST

START_TEST(version_named)
{
	ck_assert(pyb_python_version_is("3.13.0", "3.13.0"));
	ck_assert(pyb_python_version_is("3.13.0", "3.13"));
	ck_assert(pyb_python_version_is("3.13.0", "3"));
	ck_assert(!pyb_python_version_is("3.13.0", "3.1"));
	ck_assert(!pyb_python_version_is("3.13.0", "3.12"));
	ck_assert(!pyb_python_version_is("3.13.0", "3.13.0.1"));
	ck_assert(!pyb_python_version_is("3.15.0rc2", "3.15.0"));
}
END_TEST

/* Whatever interpreters this was configured for. */
START_TEST(table)
{
	struct pyb_interpreter one = {0};
	size_t count = 0;

	while (pyb_interpreters_next(&one)) {
		struct pyb_interpreter found;

		ck_assert_msg((one.name[0] == '\0') == (count == 0), "%s", one.name);
		ck_assert_int_eq(one.path[0], '/');
		ck_assert(pyb_interpreters_called(one.name, &found));
		ck_assert_str_eq(found.path, one.path);
		ck_assert(pyb_interpreters_called(one.version, &found));
		ck_assert_str_eq(found.path, one.path);
		count++;
	}
	ck_assert_uint_gt(count, 0);
}
END_TEST

/* One of the same release is preferred; another release of the version does for want of it. */
START_TEST(by_fingerprint)
{
	struct pyb_fingerprint print = {.version = 0x03ff00f0};
	struct pyb_interpreter one = {0}, found;

	while (pyb_interpreters_next(&one)) {
		strncpy(print.soabi, one.soabi, sizeof(print.soabi) - 1);
		ck_assert(pyb_interpreters_find(&print, &found));
		ck_assert_str_eq(found.soabi, one.soabi);
	}
	memset(print.soabi, 0, sizeof(print.soabi));
	strcpy(print.soabi, "none");
	ck_assert(!pyb_interpreters_find(&print, &found));
	ck_assert_str_eq(found.name, "");
}
END_TEST

START_TEST(unknown_name)
{
	struct pyb_interpreter found;

	ck_assert(!pyb_interpreters_called("3.99", &found));
	ck_assert_str_eq(found.name, "");
	ck_assert_int_eq(found.path[0], '/');
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("interpreters");
	TCase *const tests = tcase_create("interpreters");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(tests, version_text);
	tcase_add_test(tests, version_named);
	tcase_add_test(tests, table);
	tcase_add_test(tests, by_fingerprint);
	tcase_add_test(tests, unknown_name);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
