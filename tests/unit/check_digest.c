/* SPDX-License-Identifier: MIT */
/*
 * The checksum is XXH3-64 on every processor, however many bytes it takes at a time; sources have the
 * hash that Python gives them.
 */
#include <check.h>
#include <stdlib.h>

#include "lib/digest.h"
#include "lib/source_hash.h"

enum { LARGEST = 1000003 };

/* From the reference implementation, with a seed of 0. */
static const struct {
	size_t size;
	uint64_t digest;
} answers[] = {
	{0, UINT64_C(0x2d06800538d394c2)},     {3, UINT64_C(0x3698b80191e625f9)},
	{1000, UINT64_C(0x0dc54da2182285f1)},  {65535, UINT64_C(0xf015b448384e668a)},
	{65536, UINT64_C(0x4337fbce6c5dd9ed)}, {LARGEST, UINT64_C(0xb3deb9df60f42f10)},
};

START_TEST(known_answers)
{
	/* At all alignments: what is summed lies where the file has it. */
	for (size_t shift = 0; shift < 8; shift++) {
		uint8_t *const bytes = malloc(LARGEST + shift);
		ck_assert_ptr_nonnull(bytes);
		for (size_t i = 0; i < LARGEST; i++)
			bytes[shift + i] = (uint8_t)(i * 31 + (i >> 8));
		ck_assert_uint_eq(pyb_digest64(bytes + shift, answers[_i].size),
				  answers[_i].digest);
		free(bytes);
	}
}
END_TEST

/* From importlib.util.source_hash() of Python 3.11, whose bytecode magic is 3495. */
static const struct {
	size_t size;
	uint64_t hash;
} hashes[] = {
	{0, UINT64_C(0x1fc3e7ab47a4a58a)}, {1, UINT64_C(0x6cba9729badde68f)},
	{7, UINT64_C(0x598ad942a3829527)}, {8, UINT64_C(0xd46ef70c3f6090ca)},
	{9, UINT64_C(0x7e5a1272e06ea5f2)}, {1000, UINT64_C(0x194bb19fc1b7147b)},
};

START_TEST(hashes_of_python)
{
	uint8_t bytes[1000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + (i >> 8));
	ck_assert_uint_eq(pyb_source_hash(3495, bytes, hashes[_i].size), hashes[_i].hash);
}
END_TEST

START_TEST(names_in_any_order)
{
	const uint64_t a = pyb_digest_with_name(0, "a.py", 4);
	const uint64_t b = pyb_digest_with_name(0, "b", 1);

	ck_assert_uint_eq(pyb_digest_with_name(a, "b", 1), pyb_digest_with_name(b, "a.py", 4));
	ck_assert_uint_ne(pyb_digest_with_name(a, "a.py", 4), 0);
	ck_assert_uint_ne(a, b);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("digest");
	TCase *const tcase = tcase_create("all");
	SRunner *const runner = srunner_create(suite);

	tcase_add_loop_test(tcase, known_answers, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_loop_test(tcase, hashes_of_python, 0, sizeof(hashes) / sizeof(hashes[0]));
	tcase_add_test(tcase, names_in_any_order);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
