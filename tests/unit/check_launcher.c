/* SPDX-License-Identifier: MIT */
/* The launcher's decisions that depend on nothing but arguments and environment. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "importer/handoff/without.h"
#include "importer/launcher/entry_point.h"
#include "importer/launcher/execute.h"
#include "importer/launcher/hand_over.h"
#include "importer/launcher/options.h"
#include "importer/launcher/surroundings.h"
#include "importer/launcher/text.h"
#include "lib/policy.h"

enum { VECTOR_MAX = 16 };

/* Split at blanks into a vector with strings that may be written to; "_" is an empty argument. */
struct vector {
	char *items[VECTOR_MAX];
	char bytes[512];
};

static char **split(struct vector *vector, const char *line)
{
	size_t n = 0;

	snprintf(vector->bytes, sizeof(vector->bytes), "%s", line);
	for (char *word = strtok(vector->bytes, " "); word != NULL; word = strtok(NULL, " "))
		vector->items[n++] = strcmp(word, "_") == 0 ? word + 1 : word;
	vector->items[n] = NULL;
	return vector->items;
}

static const char *join(char *const *items, char *line, size_t size)
{
	line[0] = '\0';
	for (; *items != NULL; items++) {
		const size_t used = strlen(line);
		snprintf(line + used, size - used, "%s%s", used > 0 ? " " : "",
			 **items == '\0' ? "_" : *items);
	}
	return line;
}

/* --- options */

static const struct {
	const char *given;
	const char *left;
	const char *bundle;
	size_t end;
	size_t rest;
	bool positional;
	bool ignore;
} command_lines[] = {
	{"p", "p", NULL, 1, 1, false, false},
	{"p a.py -X bundle=x", "p a.py -X bundle=x", NULL, 1, 1, true, false},
	{"p -X bundle=x a.py", "p a.py", "x", 1, 1, true, false},
	{"p -Xbundle=x a.py", "p a.py", "x", 1, 1, true, false},
	{"p -IXbundle=x a.py", "p -I a.py", "x", 2, 2, true, true},
	{"p -IX bundle=x a.py", "p -I a.py", "x", 2, 2, true, true},
	{"p -bbEvX bundle=x -q a.py", "p -bbEv -q a.py", "x", 3, 3, true, true},
	{"p -X bundle=x -X bundle=y a.py", "p a.py", "y", 1, 1, true, false},
	{"p -X bundle=a=b a.py", "p a.py", "a=b", 1, 1, true, false},
	{"p -X dev -X bundle=x -Ximporttime a", "p -X dev -Ximporttime a", "x", 4, 4, true, false},
	{"p -X bundles=x a", "p -X bundles=x a", NULL, 3, 3, true, false},
	{"p -W X -X bundle=x a", "p -W X a", "x", 3, 3, true, false},
	{"p -WX bundle=x", "p -WX bundle=x", NULL, 2, 2, true, false},
	{"p -W -X bundle=x", "p -W -X bundle=x", NULL, 3, 3, true, false},
	{"p -c code -X bundle=x", "p -c code -X bundle=x", NULL, 3, 3, false, false},
	{"p -ccode -X bundle=x", "p -ccode -X bundle=x", NULL, 2, 2, false, false},
	{"p -Ic code -E", "p -Ic code -E", NULL, 3, 3, false, true},
	{"p -m mod -Xbundle=x", "p -m mod -Xbundle=x", NULL, 3, 3, false, false},
	{"p -mXbundle=x", "p -mXbundle=x", NULL, 2, 2, false, false},
	{"p -Xbundle=x -m mod", "p -m mod", "x", 3, 3, false, false},
	{"p - -Xbundle=x", "p - -Xbundle=x", NULL, 1, 1, true, false},
	{"p -- -Xbundle=x", "p -- -Xbundle=x", NULL, 1, 2, true, false},
	{"p -i -- a.pyb b", "p -i -- a.pyb b", NULL, 2, 3, true, false},
	{"p --", "p --", NULL, 1, 2, false, false},
	{"p _ -Xbundle=x", "p _ -Xbundle=x", NULL, 1, 1, true, false},
	{"p --help -Xbundle=x", "p --help", "x", 2, 2, false, false},
	{"p --version -Xbundle=x", "p --version", "x", 2, 2, false, false},
	{"p -V -h -? -Xbundle=x", "p -V -h -?", "x", 4, 4, false, false},
	{"p --help-all -Xbundle=x", "p --help-all", "x", 2, 2, false, false},
	{"p --check-hash-based-pycs -Xbundle=x -Xbundle=y a",
	 "p --check-hash-based-pycs -Xbundle=x a", "y", 3, 3, true, false},
	{"p --check-hash-based-pycs", "p --check-hash-based-pycs", NULL, 2, 2, false, false},
	{"p --unknown -Xbundle=x", "p --unknown -Xbundle=x", NULL, 2, 2, false, false},
	{"p -Z -Xbundle=x", "p -Z -Xbundle=x", NULL, 2, 2, false, false},
	{"p -J -Xbundle=x", "p -J -Xbundle=x", NULL, 2, 2, false, false},
	{"p -+ -Xbundle=x", "p -+ -Xbundle=x", NULL, 2, 2, false, false},
	{"p -Xbundle=x -Z a", "p -Z a", "x", 2, 2, false, false},
	{"p -X", "p -X", NULL, 2, 2, false, false},
	{"p -IX", "p -IX", NULL, 2, 2, false, true},
	{"p -c", "p -c", NULL, 2, 2, false, false},
	{"p -W", "p -W", NULL, 2, 2, false, false},
	{"p -OO -s -S -t -u -d -R -P -x -B a", "p -OO -s -S -t -u -d -R -P -x -B a", NULL, 11, 11,
	 true, false},
};

START_TEST(command_line)
{
	struct vector vector = {0};
	char line[512];
	struct options options;
	char **const argv = split(&vector, command_lines[_i].given);
	const size_t count = options_take(&options, argv);
	const char *const given = command_lines[_i].given;

	ck_assert_str_eq(join(argv, line, sizeof(line)), command_lines[_i].left);
	ck_assert_ptr_null(argv[count]);
	ck_assert_pstr_eq(options.bundle, command_lines[_i].bundle);
	ck_assert_msg(options.end == command_lines[_i].end, "%s: end %zu", given, options.end);
	ck_assert_msg(options.rest == command_lines[_i].rest, "%s: rest %zu", given, options.rest);
	ck_assert_msg(options.positional == command_lines[_i].positional, "%s: positional", given);
	ck_assert_msg(options.ignore_environment == command_lines[_i].ignore, "%s: -E", given);
	ck_assert(!options.bundle_bare);
}
END_TEST

START_TEST(command_line_bare)
{
	static const char *const lines[] = {"p -X bundle a", "p -Xbundle a", "p -X bundle= a",
					    "p -Xbundle= a", "p -IX bundle a"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct vector vector = {0};
		struct options options;
		options_take(&options, split(&vector, lines[i]));
		ck_assert_msg(options.bundle_bare, "%s", lines[i]);
	}
}
END_TEST

START_TEST(command_line_empty)
{
	char *argv[] = {NULL};
	struct options options;

	ck_assert_uint_eq(options_take(&options, argv), 0);
	ck_assert(!options.positional);
}
END_TEST

/* --- environment */

START_TEST(settings_of_environment)
{
	char *envp[] = {"A=1",
			"LD_PRELOAD=one",
			"PYSTART_BUNDLE=first",
			"PYSTART_BUNDLE=second",
			"PYSTART_VERBOSE=1",
			"PYSTART_STATS=0",
			"PYSTART_WITHOUT=gc",
			"PYSTART_WITHOUT=site",
			"LD_PRELOAD=two",
			NULL};
	struct settings settings;

	settings_read(&settings, envp, false);
	ck_assert_str_eq(settings.bundle, "first");
	ck_assert_str_eq(settings.preload, "two");
	ck_assert(settings.verbose);
	ck_assert(!settings.stats);
	ck_assert_str_eq(settings.without, "gc");

	settings_read(&settings, envp, true);
	ck_assert_ptr_null(settings.bundle);
	ck_assert_str_eq(settings.preload, "two");
	ck_assert(!settings.verbose);
	ck_assert_ptr_null(settings.without);
}
END_TEST

START_TEST(settings_that_are_empty)
{
	char *envp[] = {"PYSTART_BUNDLE=", "PYSTART_VERBOSE=",  "LD_PRELOAD=x",
			"LD_PRELOAD=",     "PYSTART_BUNDLES=x", NULL};
	struct settings settings;

	settings_read(&settings, envp, false);
	ck_assert_ptr_null(settings.bundle);
	ck_assert_ptr_null(settings.preload);
	ck_assert(!settings.verbose);
}
END_TEST

/* --- PYSTART_WITHOUT */

/* An empty word stands for a policy that cannot be switched off. */
#define COMMA_WORD_OF_KEY(name, bit, key, on, off, is_default, word, what) "," word
#define COMMA_WORD(name, bit, word) "," word

static const struct {
	const char *list;
	unsigned int policies;
	const char *unknown; /* each between brackets */
} lists[] = {
	{"", 0, ""},
	{"gc", PYB_POLICY_DEFER_GC, ""},
	{"exit", PYB_POLICY_QUICK_EXIT, ""},
	{"hugepages", PYB_POLICY_HUGE_PAGES, ""},
	{"checksums", PYB_POLICY_CHECK_COLD, ""},
	{"regex", PYB_POLICY_REGEXES, ""},
	{"generated", PYB_POLICY_GENERATED, ""},
	{"site", PYB_POLICY_SITE, ""},
	{"metadata", PYB_POLICY_METADATA, ""},
	{"frozen", PYB_POLICY_FROZEN, ""},
	{"" PYB_POLICIES(COMMA_WORD_OF_KEY) PYB_IMPORTER_POLICIES(COMMA_WORD),
	 (PYB_POLICY_KNOWN | PYB_POLICY_ALWAYS) & ~(unsigned int)PYB_POLICY_PRIVATE, ""},
	{" gc ,\tsite\n", PYB_POLICY_DEFER_GC | PYB_POLICY_SITE, ""},
	{",,gc,,gc,", PYB_POLICY_DEFER_GC, ""},
	{" , , ", 0, ""},
	{"GC,gcs,g,gc exit,site", PYB_POLICY_SITE, "[GC][gcs][g][gc exit]"},
};

START_TEST(policies_are_switched_off)
{
	const char *list = lists[_i].list;
	unsigned int policies = 0;
	char unknown[64] = "";
	struct without without;

	while (without_next(&list, &without)) {
		policies |= without.policy;
		if (without.policy != 0)
			continue;
		strcat(unknown, "[");
		strncat(unknown, without.word, without.size);
		strcat(unknown, "]");
	}
	ck_assert_str_eq(list, "");
	ck_assert_uint_eq(policies, lists[_i].policies);
	ck_assert_str_eq(unknown, lists[_i].unknown);
}
END_TEST

static void assert_handed_over(const struct handoff *handoff, const char *variable,
			       const char *preload)
{
	char *envp[] = {"A=1", "LD_PRELOAD=user", "PYSTART_HANDOFF=outside", NULL};
	char *to[3 + HANDOFF_ENTRIES + 1];
	char *const bytes = malloc(handoff_size(handoff));

	ck_assert_ptr_nonnull(bytes);
	ck_assert(handoff_environment(handoff, envp, 3, to, bytes));
	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_eq(to[i], envp[i]);
	ck_assert_str_eq(to[3], variable);
	ck_assert_str_eq(to[4], preload);
	ck_assert_ptr_null(to[5]);
	free(bytes);
}

START_TEST(handed_over)
{
	struct handoff handoff = {.bundle = 3,
				  .importer = 4,
				  .flags = 5,
				  .bundle_path = "a:b.pyb",
				  .process = "self"};

	assert_handed_over(&handoff, "PYSTART_HANDOFF=3:5:a:b.pyb", "LD_PRELOAD=/proc/self/fd/4");
	handoff.bundle = 2147483647;
	handoff.importer = 2147483646;
	handoff.preload = "x.so:y.so";
	assert_handed_over(&handoff, "PYSTART_HANDOFF=2147483647:5:a:b.pyb",
			   "LD_PRELOAD=x.so:y.so:/proc/self/fd/2147483646");
}
END_TEST

/* --- entry points */

START_TEST(entry_script)
{
	struct entry entry;

	ck_assert(entry_build(&entry, "/usr/bin/hg", "lib/hg.pyb", "dist/hg"));
	ck_assert_uint_eq(entry.count, 1);
	ck_assert_str_eq(entry.arguments[0], "/usr/bin/hg");
}
END_TEST

START_TEST(entry_module)
{
	struct entry entry;

	ck_assert(entry_build(&entry, "a.b_1", "lib/hg.pyb", "dist/hg"));
	ck_assert_uint_eq(entry.count, 2);
	ck_assert_str_eq(entry.arguments[0], "-m");
	ck_assert_str_eq(entry.arguments[1], "a.b_1");
}
END_TEST

START_TEST(entry_module_of_any_name)
{
	static const char *const good[] = {"my-tool", "a.1", "2to3", "\xc3\xa4-b"};
	struct entry entry;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(entry_build(&entry, good[i], "hg.pyb", "hg"), "%s", good[i]);
		ck_assert_str_eq(entry.arguments[1], good[i]);
	}
}
START_TEST(entry_function)
{
	struct entry entry;

	ck_assert(entry_build(&entry, "a.b:Class.main", "lib/hg.pyb", "dist/hg"));
	ck_assert_uint_eq(entry.count, 4);
	ck_assert_str_eq(entry.arguments[0], "-c");
	ck_assert_ptr_nonnull(strstr(entry.arguments[1], "\nfrom a.b import Class\n"));
	ck_assert_ptr_nonnull(strstr(entry.arguments[1], "(Class.main())\n"));
	ck_assert_str_eq(entry.arguments[2], "lib/");
	ck_assert_str_eq(entry.arguments[3], "dist/hg");

	ck_assert(entry_build(&entry, "\xc3\xa4:f", "hg.pyb", "hg"));
	ck_assert_str_eq(entry.arguments[2], ".");
}
END_TEST

START_TEST(entry_optimized)
{
	struct entry entry;

	ck_assert(entry_build(&entry, "a.b:f", "lib/hg.pyb", "dist/hg"));
	entry_optimize(&entry, 0);
	ck_assert_uint_eq(entry.count, 4);
	entry_optimize(&entry, 2);
	ck_assert_uint_eq(entry.count, ENTRY_ARGUMENT_MAX);
	ck_assert_str_eq(entry.arguments[0], "-OO");
	ck_assert_str_eq(entry.arguments[1], "-c");
	ck_assert_str_eq(entry.arguments[4], "dist/hg");

	ck_assert(entry_build(&entry, "/usr/bin/hg", "lib/hg.pyb", "dist/hg"));
	entry_optimize(&entry, 1);
	ck_assert_uint_eq(entry.count, 2);
	ck_assert_str_eq(entry.arguments[0], "-O");
	ck_assert_str_eq(entry.arguments[1], "/usr/bin/hg");
}
END_TEST

START_TEST(entry_malformed)
{
	static const char *const bad[] = {"",      ":",    "a:",    ":f",   "a b",  "a:f()",
					  "a:f:g", "a;b",  "a:f\n", "1a:f", "a:1f", "a..b:f",
					  ".a",    "a.:f", "a:.f",  "a:f.", "-c",   "a-b:f",
					  "a/b",   "a:\"", "a.1:f"};
	struct entry entry;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!entry_build(&entry, bad[i], "hg.pyb", "hg"), "%s", bad[i]);
}
END_TEST

static void assert_arguments(const char *given, const char *specification, const char *expected)
{
	struct vector vector = {0};
	char line[512];
	char *argv[VECTOR_MAX + ENTRY_ARGUMENT_MAX];
	struct options options;
	struct entry entry = {.count = 0};
	struct surroundings surroundings = {.argv = split(&vector, given)};
	const struct execution execution = {
		.interpreter = "/py",
		.surroundings = &surroundings,
		.options = &options,
		.entry = &entry,
	};

	surroundings.argument_count = options_take(&options, surroundings.argv);
	if (specification != NULL)
		ck_assert(entry_build(&entry, specification, "a.pyb", "a"));
	execute_build_arguments(&execution, argv);
	ck_assert_str_eq(join(argv, line, sizeof(line)), expected);
}

START_TEST(arguments)
{
	assert_arguments("p", NULL, "/py");
	assert_arguments("p -I x.py -v", NULL, "/py -I x.py -v");
	assert_arguments("p -I -- x.py -v", NULL, "/py -I -- x.py -v");
	assert_arguments("p a.pyb", "m", "/py -m m");
	assert_arguments("p -I a.pyb x -v", "m", "/py -I -m m x -v");
	assert_arguments("p -I -- a.pyb x -v", "/s", "/py -I /s x -v");
}
END_TEST

/* --- texts */

START_TEST(texts)
{
	char buffer[8];
	struct text text;

	text_begin(&text, buffer, sizeof(buffer));
	text_add(&text, "abc");
	text_add_number(&text, 120);
	ck_assert_str_eq(buffer, "abc120");
	text_add(&text, "xy");
	ck_assert(text.cut);
	ck_assert_str_eq(buffer, "abc120");
	text_add(&text, "z");
	ck_assert_str_eq(buffer, "abc120z");
	text_set(&text, "a", "b");
	ck_assert_str_eq(buffer, "ab");
	ck_assert(!text.cut);
	text_set(&text, "");
	text_add_number(&text, 0);
	ck_assert_str_eq(buffer, "0");

	ck_assert(text_ends_with("a.pyb", ".pyb"));
	ck_assert(!text_ends_with("pyb", ".pyb"));
	ck_assert_str_eq(text_base_name("a/b/"), "");
	ck_assert_str_eq(text_base_name("b"), "b");
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("launcher");
	TCase *const tests = tcase_create("all");
	SRunner *const runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, command_line, 0,
			    (int)(sizeof(command_lines) / sizeof(command_lines[0])));
	tcase_add_test(tests, command_line_bare);
	tcase_add_test(tests, command_line_empty);
	tcase_add_test(tests, settings_of_environment);
	tcase_add_test(tests, settings_that_are_empty);
	tcase_add_loop_test(tests, policies_are_switched_off, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tests, handed_over);
	tcase_add_test(tests, entry_script);
	tcase_add_test(tests, entry_module);
	tcase_add_test(tests, entry_function);
	tcase_add_test(tests, entry_optimized);
	tcase_add_test(tests, entry_module_of_any_name);
	tcase_add_test(tests, entry_malformed);
	tcase_add_test(tests, arguments);
	tcase_add_test(tests, texts);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
