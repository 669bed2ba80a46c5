/* SPDX-License-Identifier: MIT */
/* That what is written about policies for people says what the table in lib/policy.h says. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "importer/handoff/without.h"
#include "lib/policy.h"

enum { TEXT_SIZE = 256 << 10 };

static void read_text(const char *name, char *text)
{
	const char *const folder = getenv("abs_top_srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder == NULL ? "." : folder, name);
	FILE *const stream = fopen(path, "r");
	if (stream == NULL)
		ck_abort_msg("cannot open %s", path);
	const size_t size = fread(text, 1, TEXT_SIZE - 1, stream);
	ck_assert(size > 0 && size < TEXT_SIZE - 1);
	text[size] = '\0';
	fclose(stream);
}

static void take_blanks_out(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (strchr(" \t\n", *from) == NULL)
			*to++ = *from;
	*to = '\0';
}

START_TEST(keys_are_in_the_manual_of_the_manifest)
{
	static char text[TEXT_SIZE];
	const struct pyb_policy_key *const key = &pyb_policy_keys[_i];
	const bool is_default = (PYB_POLICY_DEFAULT & key->policy) != 0;
	char line[128];

	read_text("manifest/pystart-manifest.5", text);
	/* The default comes first. */
	snprintf(line, sizeof(line), "\n.It Ic %s : Cm %s | %s\n", key->name,
		 is_default ? key->on : key->off, is_default ? key->off : key->on);
	ck_assert_msg(strstr(text, line) != NULL, "no line%s", line);
}
END_TEST

START_TEST(bits_are_in_the_format)
{
	static char text[TEXT_SIZE];
	const struct pyb_policy_key *const key = &pyb_policy_keys[_i];
	char row[64];

	read_text("lib/format.md", text);
	snprintf(row, sizeof(row), "\n| %d | `%s: %s` |", __builtin_ctz(key->policy), key->name,
		 key->on);
	ck_assert_msg(strstr(text, row) != NULL, "no row%s", row);
}
END_TEST

START_TEST(words_are_in_the_readme)
{
	static char text[TEXT_SIZE];
	char words[WITHOUT_WORDS_SIZE];

	without_list_words(words);
	take_blanks_out(words);
	read_text("README", text);
	take_blanks_out(text);
	const char *const list = strstr(text, "PYSTART_WITHOUT=");
	ck_assert_ptr_nonnull(list);
	ck_assert_int_eq(strncmp(strchr(list, '=') + 1, words, strlen(words)), 0);
}
END_TEST

/* The items of the list behind PYSTART_WITHOUT, in the order of the table. */
START_TEST(words_are_in_the_manual_of_the_launcher)
{
	static char text[TEXT_SIZE];
	char words[WITHOUT_WORDS_SIZE], items[WITHOUT_WORDS_SIZE] = "";

	without_list_words(words);
	read_text("importer/pystart.1", text);
	char *const start = strstr(text, "\n.It Ev PYSTART_WITHOUT\n");
	ck_assert_ptr_nonnull(start);
	char *const end = strstr(start, "\n.El\n");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	for (char *item = strstr(start, "\n.It Cm "); item != NULL;
	     item = strstr(item + 1, "\n.It Cm ")) {
		char word[32];
		ck_assert_int_eq(sscanf(item, "\n.It Cm %31s", word), 1);
		ck_assert_uint_lt(strlen(items) + strlen(word) + 2, sizeof(items));
		strcat(items, *items == '\0' ? "" : ", ");
		strcat(items, word);
	}
	ck_assert_str_eq(items, words);
}
END_TEST

/* Each word says which bit it is, and no other word does. */
START_TEST(words_and_bits_belong_together)
{
	char words[WITHOUT_WORDS_SIZE];
	const char *list = words;
	struct without without;
	uint32_t policies = 0;

	without_list_words(words);
	while (without_next(&list, &without)) {
		ck_assert_int_eq(__builtin_popcount(without.policy), 1);
		ck_assert_uint_eq(policies & without.policy, 0);
		policies |= without.policy;
	}
	ck_assert_uint_eq(policies | PYB_POLICY_PRIVATE, PYB_POLICY_KNOWN | PYB_POLICY_ALWAYS);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("policy");
	TCase *const tcase = tcase_create("all");
	SRunner *const runner = srunner_create(suite);

	tcase_add_loop_test(tcase, keys_are_in_the_manual_of_the_manifest, 0, PYB_POLICY_KEY_COUNT);
	tcase_add_loop_test(tcase, bits_are_in_the_format, 0, PYB_POLICY_KEY_COUNT);
	tcase_add_test(tcase, words_are_in_the_readme);
	tcase_add_test(tcase, words_are_in_the_manual_of_the_launcher);
	tcase_add_test(tcase, words_and_bits_belong_together);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
