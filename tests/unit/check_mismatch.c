/* SPDX-License-Identifier: MIT */
/* bundle/mismatch.h: what a refusal says differs, and never says that two equal things do. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "importer/bundle/mismatch.h"

static const struct pyb_fingerprint sample = {
	.version = 0x030b02f0,
	.soabi = "cpython-311-x86_64-linux-gnu",
	.libpython = {.size = 20, .bytes = {0x0a, 0xbc, 0xde, 0xf0, 1, 2, 3, 4, 5}},
};

static void expect(const struct pyb_fingerprint *running, const char *text)
{
	struct pyb_error error = {0};

	ck_assert_int_eq(mismatch_check(&sample, "/p", running, &error), PYB_ERR_MISMATCH);
	ck_assert_str_eq(error.text, text);
}

START_TEST(same)
{
	struct pyb_error error = {0};

	ck_assert_int_eq(mismatch_check(&sample, "/p", &sample, &error), PYB_OK);
}
END_TEST

/* Every byte of the version shows: release levels and serials, too. */
START_TEST(version)
{
	static const struct {
		uint32_t version;
		const char *text;
	} versions[] = {
		{0x030b07f0, "for CPython 3.11.2 (/p); started under 3.11.7"},
		{0x030d00f0, "for CPython 3.11.2 (/p); started under 3.13.0"},
		{0x030b02a6, "for CPython 3.11.2 (/p); started under 3.11.2a6"},
		{0x030b02b1, "for CPython 3.11.2 (/p); started under 3.11.2b1"},
		{0x030b02c0, "for CPython 3.11.2 (/p); started under 3.11.2rc0"},
		{0x030b02f1, "for CPython 3.11.2 (/p); started under 3.11.2+1"},
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct pyb_fingerprint running = sample;
		running.version = versions[i].version;
		expect(&running, versions[i].text);
	}
}
END_TEST

START_TEST(soabi)
{
	struct pyb_fingerprint running = sample;

	strcpy(running.soabi, "cpython-311d-x86_64-linux-gnu");
	expect(&running, "for cpython-311-x86_64-linux-gnu (/p); this importer is for "
			 "cpython-311d-x86_64-linux-gnu");
}
END_TEST

START_TEST(build_id)
{
	struct pyb_fingerprint running = sample;

	running.libpython.bytes[0] = 0xff;
	expect(&running, "for another build of CPython 3.11.2 (/p), build id "
			 "0abcdef001020304; started under one with ffbcdef001020304");
	running.libpython = (struct pyb_build_id){0};
	expect(&running, "for another build of CPython 3.11.2 (/p), build id "
			 "0abcdef001020304; started under one with none");
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("mismatch");
	TCase *const tests = tcase_create("mismatch");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(tests, same);
	tcase_add_test(tests, version);
	tcase_add_test(tests, soabi);
	tcase_add_test(tests, build_id);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
