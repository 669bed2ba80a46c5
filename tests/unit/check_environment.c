/* SPDX-License-Identifier: MIT */
/* Taking the launcher's entries out of an environment, whatever others have done to it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "importer/handoff/environment.h"
#include "importer/handoff/handoff.h"

#define OBJECT "/proc/7/fd/3"
#define GOOD HANDOFF_VARIABLE "3:1:/app.pyb"

enum { ENTRIES_MAX = 8, ENTRY_SIZE = 128 };

/* An environment that can be written to, as a process has it. */
struct sample {
	char texts[ENTRIES_MAX][ENTRY_SIZE];
	char *entries[ENTRIES_MAX + 1];
};

static void fill(struct sample *sample, const char *const *texts)
{
	memset(sample, 0, sizeof(*sample));
	for (int i = 0; texts[i] != NULL; i++) {
		ck_assert_int_lt(i, ENTRIES_MAX);
		ck_assert_uint_lt(strlen(texts[i]), ENTRY_SIZE);
		strcpy(sample->texts[i], texts[i]);
		sample->entries[i] = sample->texts[i];
	}
}

static void expect_entries(char *const *entries, const char *const *expected)
{
	int i = 0;

	for (; expected[i] != NULL; i++) {
		ck_assert_ptr_nonnull(entries[i]);
		ck_assert_str_eq(entries[i], expected[i]);
	}
	ck_assert_ptr_null(entries[i]);
}

START_TEST(the_last_well_formed_entry_is_found)
{
	static const struct {
		const char *entries[4];
		int found; /* -1: none */
	} cases[] = {
		{{NULL}, -1},
		{{"A=1", GOOD}, 1},
		{{GOOD, "A=1"}, 0},
		{{GOOD, HANDOFF_VARIABLE "5:0:/other"}, 1},
		{{GOOD, HANDOFF_VARIABLE "x:0:/other"}, 0},
		{{HANDOFF_VARIABLE "", HANDOFF_VARIABLE "3", HANDOFF_VARIABLE "3:1:"}, -1},
		{{"X" GOOD, "PYSTART_HANDOFF"}, -1},
		{{"PYSTART_HANDOFFS=3:1:/app.pyb"}, -1},
	};
	struct handoff_received received = {0};
	struct sample sample;

	fill(&sample, cases[_i].entries);
	char *const found = handoff_find(sample.entries, &received);
	if (cases[_i].found < 0) {
		ck_assert_ptr_null(found);
		return;
	}
	ck_assert_ptr_eq(found, sample.entries[cases[_i].found]);
	/* What was read is that entry's, not that of one before it. */
	ck_assert_ptr_eq(received.bundle_path, strrchr(found, ':') + 1);
}
END_TEST

START_TEST(no_vector_has_no_entry)
{
	struct handoff_received received;

	ck_assert_ptr_null(handoff_find(NULL, &received));
	handoff_remove(NULL, NULL, OBJECT);
}
END_TEST

#define STRINGS(text) \
	text, sizeof(text) /* the NUL that ends the literal is that of its last string */

START_TEST(entries_are_found_behind_each_other)
{
	static const struct {
		const char *block;
		size_t size;
		int offset; /* of the entry; -1: none */
	} cases[] = {
		{STRINGS("A=1\0" GOOD "\0" HANDOFF_PRELOAD OBJECT), 4},
		{STRINGS(GOOD "\0" HANDOFF_PRELOAD OBJECT), 0},
		{STRINGS(GOOD "\0" HANDOFF_PRELOAD), 0},
		{STRINGS(HANDOFF_PRELOAD OBJECT "\0" GOOD), -1},
		{STRINGS(GOOD "\0A=1\0" HANDOFF_PRELOAD OBJECT), -1},
		{STRINGS(GOOD "\0" HANDOFF_PRELOAD OBJECT "\0A=1"), -1},
		{STRINGS(HANDOFF_VARIABLE "3:1:\0" HANDOFF_PRELOAD OBJECT), -1},
		{STRINGS(HANDOFF_PRELOAD OBJECT), -1},
		{STRINGS(GOOD), -1},
		{STRINGS(""), -1},
		{"", 0, -1},
		{GOOD "\0" HANDOFF_PRELOAD "x", sizeof(GOOD HANDOFF_PRELOAD "x"), -1}, /* no NUL */
	};
	struct handoff_received received;
	char *const block = malloc(cases[_i].size + 1);
	ck_assert_ptr_nonnull(block);

	memcpy(block, cases[_i].block, cases[_i].size);
	char *const found = handoff_find_behind(block, block + cases[_i].size, &received);
	if (cases[_i].offset < 0)
		ck_assert_ptr_null(found);
	else
		ck_assert_ptr_eq(found, block + cases[_i].offset);
	free(block);
}
END_TEST

START_TEST(values_of_preload_lose_the_object)
{
	static const struct {
		const char *before, *after; /* values; NULL: the entry goes */
	} cases[] = {
		{OBJECT, NULL},
		{"lib.so:" OBJECT, "lib.so"},
		{"lib.so " OBJECT, "lib.so"},
		{OBJECT ":lib.so", "lib.so"},
		{OBJECT " lib.so", "lib.so"},
		{"a.so:" OBJECT ":b.so", "a.so:b.so"},
		{"a.so " OBJECT " b.so", "a.so b.so"},
		{"a.so:" OBJECT " b.so", "a.so b.so"},
		{"a.so", "a.so"},
		{"", ""},
		/* Names that begin or end with it are others. */
		{OBJECT "0", OBJECT "0"},
		{"/x" OBJECT, "/x" OBJECT},
		{OBJECT "0:" OBJECT, OBJECT "0"},
		{"/x" OBJECT ":" OBJECT, "/x" OBJECT},
		{"/x" OBJECT " " OBJECT "0:" OBJECT ":c.so", "/x" OBJECT " " OBJECT "0:c.so"},
	};
	char entry[ENTRY_SIZE] = HANDOFF_PRELOAD, expected[ENTRY_SIZE] = HANDOFF_PRELOAD;
	struct sample sample;

	strcat(entry, cases[_i].before);
	fill(&sample, (const char *const[]){"A=1", entry, "B=2", NULL});
	handoff_remove(sample.entries, NULL, OBJECT);
	if (cases[_i].after == NULL) {
		expect_entries(sample.entries, (const char *const[]){"A=1", "B=2", NULL});
		ck_assert_mem_eq(sample.texts[1], (const char[ENTRY_SIZE]){0}, strlen(entry));
		return;
	}
	strcat(expected, cases[_i].after);
	expect_entries(sample.entries, (const char *const[]){"A=1", expected, "B=2", NULL});
}
END_TEST

START_TEST(the_copy_of_the_users_value_goes)
{
	struct sample sample;

	/* The launcher adds its entries at the end, and leaves the user's where it is. */
	fill(&sample, (const char *const[]){HANDOFF_PRELOAD "a.so", "A=1", GOOD,
					    HANDOFF_PRELOAD "a.so:" OBJECT, NULL});
	handoff_remove(sample.entries, sample.entries[2], OBJECT);
	expect_entries(sample.entries, (const char *const[]){HANDOFF_PRELOAD "a.so", "A=1", NULL});
	ck_assert_uint_eq(strlen(sample.texts[3]), 0);
	ck_assert_str_eq(sample.texts[2], GOOD); /* the caller's to wipe */
}
END_TEST

START_TEST(a_preload_that_was_changed_stays)
{
	struct sample sample;

	fill(&sample, (const char *const[]){GOOD, HANDOFF_PRELOAD "tracer.so", NULL});
	handoff_remove(sample.entries, sample.entries[0], OBJECT);
	expect_entries(sample.entries, (const char *const[]){HANDOFF_PRELOAD "tracer.so", NULL});
}
END_TEST

START_TEST(copies_of_the_entry_go_and_are_wiped)
{
	char entry[] = GOOD;
	struct sample sample;

	/* setenv() may have moved it, so that it is another string with the same bytes. */
	fill(&sample, (const char *const[]){GOOD, "A=1", GOOD, GOOD "2", NULL});
	handoff_remove(sample.entries, entry, OBJECT);
	expect_entries(sample.entries, (const char *const[]){"A=1", GOOD "2", NULL});
	ck_assert_mem_eq(sample.texts[0], (const char[ENTRY_SIZE]){0}, strlen(GOOD));
	ck_assert_mem_eq(sample.texts[2], (const char[ENTRY_SIZE]){0}, strlen(GOOD));
	ck_assert_str_eq(entry, GOOD);
}
END_TEST

START_TEST(without_an_entry_only_the_object_goes)
{
	struct sample sample;

	fill(&sample, (const char *const[]){GOOD, HANDOFF_PRELOAD OBJECT, NULL});
	handoff_remove(sample.entries, NULL, OBJECT);
	expect_entries(sample.entries, (const char *const[]){GOOD, NULL});
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("environment");
	TCase *const tcase = tcase_create("environment");
	SRunner *const runner = srunner_create(suite);

	tcase_add_loop_test(tcase, the_last_well_formed_entry_is_found, 0, 8);
	tcase_add_test(tcase, no_vector_has_no_entry);
	tcase_add_loop_test(tcase, entries_are_found_behind_each_other, 0, 12);
	tcase_add_loop_test(tcase, values_of_preload_lose_the_object, 0, 15);
	tcase_add_test(tcase, the_copy_of_the_users_value_goes);
	tcase_add_test(tcase, a_preload_that_was_changed_stays);
	tcase_add_test(tcase, copies_of_the_entry_go_and_are_wiped);
	tcase_add_test(tcase, without_an_entry_only_the_object_goes);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
