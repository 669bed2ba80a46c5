/* SPDX-License-Identifier: MIT */
/*
 * Damaged, hostile and unlucky manifests: any outcome is right that is one of the documented ones,
 * in reasonable time and with nothing leaked.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"

/* Failing allocations are made by taking the place of glibc's functions, as ASan does itself. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAVE_ALLOCATOR_ALONE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAVE_ALLOCATOR_ALONE 1
#endif
#ifndef __GLIBC__
#define LEAVE_ALLOCATOR_ALONE 1
#endif

/* Parse, check what is promised about the outcome, release. */
static enum pyb_status outcome(const char *text, size_t size)
{
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};
	const enum pyb_status status =
		manifest_parse("dir/m.yaml", text, size, &manifest, &problems, &error);
	ck_assert_int_eq(problems.count > 0, status == PYB_ERR_INVALID);
	ck_assert_int_eq(manifest.file != NULL, status == PYB_OK);
	ck_assert_int_eq(manifest.name != NULL, status == PYB_OK);
	ck_assert_int_eq(error.status, status == PYB_ERR_INVALID ? PYB_OK : status);
	for (size_t i = 0; i < problems.count; i++) {
		ck_assert_int_eq(strncmp(problems.lines[i], "dir/m.yaml:", 11), 0);
		ck_assert_ptr_null(strchr(problems.lines[i], '\n'));
	}
	manifest_release(&manifest);
	manifest_problems_release(&problems);
	return status;
}

static const char right[] = "# \xc3\xa9\nversion: 1\nname: \"h\\x67\"\nentry: a.b:c\n"
			    "bootstrap: d:e\npython: /usr/bin/python3\n"
			    "startup:\n  - a.b\n  - \xc3\xa9t\xc3\xa9\nmodules: [email.*, \"**\"]\n"
			    "absent:\nexclude: [c, 'd']\npaths: [., ../x]\n"
			    "optimize: 1\ncompress: >-\n  none\ncheck: never\n...\n";
static const char wrong[] =
	"%YAML 1.1\n---\nversion: |\n 1\nname2: 'x'\nname: \"\\u00e4\\0\"\n"
	"absent: {a: [b, ~], ? c : d}\nexclude: &x [c, !!str d, *x]\n"
	"modules:\n- - a\n  - b\n- \"c\n\n  d\"\npaths: !<tag:x,y> {}\n---\na\n";
static const struct {
	const char *text;
	size_t size;
} wholes[] = {{right, sizeof(right) - 1}, {wrong, sizeof(wrong) - 1}};

/* The text is copied to the heap at its exact size, so that tools see reads beyond its end. */
static void try_text(const char *text, size_t size)
{
	char *copy = malloc(size + (size == 0));
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, size);
	const enum pyb_status status = outcome(copy, size);
	ck_assert(status == PYB_OK || status == PYB_ERR_INVALID);
	free(copy);
}

START_TEST(cut_at_every_byte)
{
	for (size_t size = 0; size <= wholes[_i].size; size++)
		try_text(wholes[_i].text, size);
}
END_TEST

/* Every byte of the text changed to what `change` makes of it, for each of the operands. */
static void try_changes(const char *text, size_t size, const char *operands, size_t count,
			char (*change)(char byte, char operand))
{
	char *copy = malloc(size);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, size);
	for (size_t i = 0; i < size; i++) {
		for (size_t j = 0; j < count; j++) {
			copy[i] = change(text[i], operands[j]);
			try_text(copy, size);
		}
		copy[i] = text[i];
	}
	free(copy);
}

static char flip(char byte, char bits)
{
	return (char)((unsigned char)byte ^ (unsigned char)bits);
}

static char replace(char byte, char other)
{
	(void)byte;
	return other;
}

START_TEST(every_byte_flipped)
{
	static const char bits[] = "\x01\x02\x04\x08\x10\x20\x40\x80\xff";
	try_changes(wholes[_i].text, wholes[_i].size, bits, sizeof(bits) - 1, flip);
}
END_TEST

START_TEST(every_byte_replaced_by_a_sign)
{
	static const char signs[] = "[]{},:-?*&!|>'\"%@`#\t\n ~\\.0";
	try_changes(wholes[_i].text, wholes[_i].size, signs, sizeof(signs), replace);
}
END_TEST

static const char *const pieces[] = {"[",  "{",   "- ",     "? ",    "a: ",  "[\n", "{a: [", "\"",
				     "'",  "|\n", "!",      "&a",    "*a ",  "%",   "#",     " ",
				     "\n", "a",   "a: a\n", "- a\n", "--- ", "\t",  ",",     "\\"};

/* Texts that would make a careless reader slow or exhaust its stack. */
START_TEST(bombs)
{
	const size_t size = 1 << 20;
	const char *piece = pieces[_i];
	char *text = malloc(size);
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < size; i++)
		text[i] = piece[i % strlen(piece)];
	ck_assert_int_eq(outcome(text, size), PYB_ERR_INVALID);
	memcpy(text, "modules: ", strlen("modules: "));
	ck_assert_int_eq(outcome(text, size), PYB_ERR_INVALID);
	free(text);
}
END_TEST

/* --- memory runs out: each allocation fails in turn, those of libyaml and libc included */

#ifndef LEAVE_ALLOCATOR_ALONE

/* Libraries are to call these too. */
#define VISIBLE __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

/* How many allocations are still to succeed before one fails; negative: all of them. */
static long allowance = -1;
static bool only_one_fails; /* or all that come after it as well */
static bool has_failed;

static bool is_refused(void)
{
	if (allowance < 0 || allowance-- > 0)
		return false;
	allowance = only_one_fails ? -1 : 0;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

VISIBLE void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

VISIBLE void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

VISIBLE void *realloc(void *block, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(block, size);
}

/* The outcome when as many allocations as that succeed. */
static enum pyb_status outcome_with(const char *text, size_t size, long allocations)
{
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};
	has_failed = false;
	allowance = allocations;
	const enum pyb_status status =
		manifest_parse("m.yaml", text, size, &manifest, &problems, &error);
	allowance = -1;
	if (status == PYB_ERR_MEMORY) {
		ck_assert_str_eq(error.text, "m.yaml: no memory left to read the manifest");
		ck_assert_uint_eq(problems.count, 0);
		ck_assert_ptr_null(manifest.file);
	}
	manifest_release(&manifest);
	manifest_problems_release(&problems);
	return status;
}

/* Whether the functions above are in use; tools such as valgrind put their own in front. */
static bool allocator_is_ours(void)
{
	allowance = 0;
	void *volatile block = malloc(1);
	const bool is_ours = block == NULL;
	allowance = -1;
	free(block);
	return is_ours;
}

/* A failure is either reported or without consequences: the C library can often do without. */
START_TEST(no_memory)
{
	const char *text = wholes[_i / 2].text;
	const size_t size = wholes[_i / 2].size;
	const enum pyb_status expected = outcome_with(text, size, -1);
	long allocations = 0, reported = 0;
	only_one_fails = _i % 2 == 1;
	if (!allocator_is_ours())
		return;
	do {
		const enum pyb_status status = outcome_with(text, size, allocations++);
		ck_assert(status == expected || (status == PYB_ERR_MEMORY && has_failed));
		reported += status == PYB_ERR_MEMORY;
	} while (has_failed);
	ck_assert_int_gt(reported, 50);
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("manifest: damage");
	TCase *damage = tcase_create("damage");
	tcase_add_loop_test(damage, cut_at_every_byte, 0, 2);
	tcase_add_loop_test(damage, every_byte_flipped, 0, 2);
	tcase_add_loop_test(damage, every_byte_replaced_by_a_sign, 0, 2);
	tcase_add_loop_test(damage, bombs, 0, sizeof(pieces) / sizeof(pieces[0]));
#ifndef LEAVE_ALLOCATOR_ALONE
	tcase_add_loop_test(damage, no_memory, 0, 4);
#endif
	tcase_set_timeout(damage, 120);
	suite_add_tcase(suite, damage);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
