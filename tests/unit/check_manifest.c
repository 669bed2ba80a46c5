/* SPDX-License-Identifier: MIT */
/* Manifests that are right: what their keys come to, names, patterns, reading from files. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/policy.h"
#include "manifest/manifest.h"

/* Parse a text that must be right. */
static struct manifest good(const char *file, const char *text)
{
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};
	const enum pyb_status status =
		manifest_parse(file, text, strlen(text), &manifest, &problems, &error);
	ck_assert_msg(problems.count == 0, "%s", problems.count > 0 ? problems.lines[0] : "");
	ck_assert_msg(status == PYB_OK, "%s", error.text);
	ck_assert_int_eq(error.status, PYB_OK);
	ck_assert_ptr_null(problems.lines);
	return manifest;
}

static void assert_list(const struct manifest_list *list, const char *const *items)
{
	size_t i = 0;
	for (; items[i] != NULL; i++) {
		ck_assert_uint_lt(i, list->count);
		ck_assert_str_eq(list->items[i], items[i]);
	}
	ck_assert_uint_eq(list->count, i);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define EMPTY ((const char *const[]){NULL})

START_TEST(defaults)
{
	struct manifest m = good("dir/hg.yaml", "version: 1\n");
	ck_assert_str_eq(m.file, "dir/hg.yaml");
	ck_assert_str_eq(m.name, "hg");
	ck_assert_ptr_null(m.python);
	ck_assert_ptr_null(m.entry);
	ck_assert_ptr_null(m.bootstrap);
	assert_list(&m.startup, EMPTY);
	assert_list(&m.modules, EMPTY);
	assert_list(&m.absent, EMPTY);
	assert_list(&m.exclude, EMPTY);
	assert_list(&m.paths, EMPTY);
	ck_assert_int_eq(m.optimize, 0);
	ck_assert_int_eq(m.compression_level, 0);
	ck_assert_int_eq(m.check, MANIFEST_CHECK_SOURCE);
	ck_assert_int_eq(m.payload, MANIFEST_PAYLOAD_AUTO);
	ck_assert_int_eq(m.snapshot, MANIFEST_SNAPSHOT_UNSAID);
	ck_assert_uint_eq(m.policies, PYB_POLICY_DEFAULT);
	manifest_release(&m);
	ck_assert_ptr_null(m.name);
	manifest_release(&m);
}
END_TEST

START_TEST(every_key)
{
	struct manifest m = good("/etc/x.yaml", "version: 1\n"
						"name: my.prog_2-b\n"
						"python: /usr/bin/python3\n"
						"entry: prog.cli:Main.run\n"
						"bootstrap: prog-x.boot:go\n"
						"startup:\n- json\n- json.decoder\n"
						"modules: [email.*, '**.x', json]\n"
						"absent: [simplejson]\n"
						"exclude: [a.?b*, ctypes]\n"
						"paths: [lib, ../up//./x/, /abs/./y/..]\n"
						"optimize: 2\n"
						"compress: 19\n"
						"check: never\n"
						"payload: marshal\n"
						"gc: normal\n"
						"exit: full\n"
						"hugepages: never\n"
						"checksums: quick\n"
						"memory: private\n"
						"snapshot: shared\n");
	ck_assert_str_eq(m.name, "my.prog_2-b");
	ck_assert_str_eq(m.python, "/usr/bin/python3");
	ck_assert_str_eq(m.entry, "prog.cli:Main.run");
	ck_assert_str_eq(m.bootstrap, "prog-x.boot:go");
	assert_list(&m.startup, LIST("json", "json.decoder"));
	ck_assert_uint_eq(m.startup.lines[0], 7);
	ck_assert_uint_eq(m.startup.lines[1], 8);
	assert_list(&m.modules, LIST("email.*", "**.x", "json"));
	ck_assert_uint_eq(m.modules.lines[2], 9);
	assert_list(&m.absent, LIST("simplejson"));
	assert_list(&m.exclude, LIST("a.?b*", "ctypes"));
	assert_list(&m.paths, LIST("/etc/lib", "/up/x", "/abs"));
	ck_assert_int_eq(m.optimize, 2);
	ck_assert_int_eq(m.compression_level, 19);
	ck_assert_int_eq(m.check, MANIFEST_CHECK_NEVER);
	ck_assert_int_eq(m.payload, MANIFEST_PAYLOAD_MARSHAL);
	ck_assert_uint_eq(m.policies, PYB_POLICY_PRIVATE);
	ck_assert_int_eq(m.snapshot, MANIFEST_SNAPSHOT_SHARED);
	manifest_release(&m);
}
END_TEST

START_TEST(each_snapshot)
{
	static const char *const words[] = {"no", "auto", "yes", "shared"};
	char text[64];

	snprintf(text, sizeof(text), "version: 1\nsnapshot: %s\n", words[_i]);
	struct manifest m = good("hg.yaml", text);
	ck_assert_int_eq(m.snapshot, MANIFEST_SNAPSHOT_NO + _i);
	ck_assert_str_eq(manifest_snapshot_word(m.snapshot), words[_i]);
	ck_assert_ptr_null(manifest_snapshot_word(MANIFEST_SNAPSHOT_UNSAID));
	ck_assert_ptr_null(manifest_snapshot_word(MANIFEST_SNAPSHOT_COUNT));
	manifest_release(&m);
}
END_TEST

static const struct {
	const char *text;
	enum manifest_payload payload;
} payloads[] = {
	{"payload: auto\n", MANIFEST_PAYLOAD_AUTO},
	{"payload: image\ncompress: none\n", MANIFEST_PAYLOAD_IMAGE},
	{"payload: marshal\ncompress: 3\n", MANIFEST_PAYLOAD_MARSHAL},
	{"compress: 3\n", MANIFEST_PAYLOAD_AUTO},
	{"payload:\n", MANIFEST_PAYLOAD_AUTO},
};

START_TEST(each_payload)
{
	char text[256];
	snprintf(text, sizeof(text), "version: 1\n%s", payloads[_i].text);
	struct manifest m = good("hg.yaml", text);
	ck_assert_int_eq(m.payload, payloads[_i].payload);
	ck_assert_uint_eq(m.policies, PYB_POLICY_DEFAULT);
	manifest_release(&m);
}
END_TEST

static uint32_t policies_with(const char *key, const char *value)
{
	char text[256];
	snprintf(text, sizeof(text), "version: 1\n%s: %s\n", key, value);
	struct manifest m = good("hg.yaml", text);
	const uint32_t policies = m.policies;
	manifest_release(&m);
	return policies;
}

/* A key decides about its own policy and no other. */
START_TEST(each_policy)
{
	const struct pyb_policy_key *const key = &pyb_policy_keys[_i];
	ck_assert_uint_eq(policies_with(key->name, key->on), PYB_POLICY_DEFAULT | key->policy);
	ck_assert_uint_eq(policies_with(key->name, key->off), PYB_POLICY_DEFAULT & ~key->policy);
	ck_assert_uint_eq(policies_with(key->name, "~"), PYB_POLICY_DEFAULT);
	ck_assert_uint_eq(policies_with(key->name, ""), PYB_POLICY_DEFAULT);
}
END_TEST

static const struct {
	const char *file, *name;
} names[] = {
	{"hg.yaml", "hg"},           {"hg.yml", "hg"},  {"hg", "hg"}, {"/a/b.c/hg.1", "hg.1"},
	{"hg.yaml.yaml", "hg.yaml"}, {"_x.yaml", "_x"},
};

START_TEST(default_names)
{
	struct manifest m = good(names[_i].file, "version: 1");
	ck_assert_str_eq(m.name, names[_i].name);
	manifest_release(&m);
}
END_TEST

START_TEST(values_left_out)
{
	struct manifest m =
		good("hg.yaml", "version: 1\nname:\npython: null\nentry: ~\n"
				"bootstrap: Null\nstartup:\nmodules: ~\nabsent: []\n"
				"exclude: NULL\npaths:\noptimize:\ncompress:\ncheck:\n");
	ck_assert_str_eq(m.name, "hg");
	ck_assert_ptr_null(m.python);
	ck_assert_ptr_null(m.entry);
	ck_assert_uint_eq(m.startup.count + m.modules.count + m.absent.count, 0);
	manifest_release(&m);
}
END_TEST

START_TEST(words_that_yaml_has_other_ideas_about)
{
	struct manifest m = good("hg.yaml", "version: 1\nname: 1.10\n"
					    "startup: [on, yes, False, 'null', y, a.0001_initial, "
					    "\"\\u00e9t\\xe9\"]\n"
					    "compress: 'none'\n");
	ck_assert_str_eq(m.name, "1.10");
	assert_list(&m.startup,
		    LIST("on", "yes", "False", "null", "y", "a.0001_initial", "\xc3\xa9t\xc3\xa9"));
	manifest_release(&m);
}
END_TEST

START_TEST(byte_order_mark_and_line_ends)
{
	struct manifest m = good("hg.yaml", "\xef\xbb\xbfversion: 1\r\nstartup:\r\n- a\r\n- b\r\n");
	assert_list(&m.startup, LIST("a", "b"));
	ck_assert_uint_eq(m.startup.lines[1], 4);
	manifest_release(&m);
}
END_TEST

START_TEST(a_name_in_startup_and_modules)
{
	struct manifest m = good("hg.yaml", "version: 1\nstartup: [json]\nmodules: [json, j*]\n");
	ck_assert_uint_eq(m.modules.count, 2);
	manifest_release(&m);
}
END_TEST

/* A recorded list stays as it is when something is excluded by a pattern. */
START_TEST(modules_may_be_excluded_by_a_pattern)
{
	struct manifest m = good("hg.yaml", "version: 1\nmodules: [a.b]\nexclude: [a.*]\n");
	ck_assert_uint_eq(m.modules.count, 1);
	manifest_release(&m);
}
END_TEST

START_TEST(entry_kinds)
{
	static const char *const entries[] = {"hg", "a.b-c", "a:main", "a.b:c.d", "/usr/bin/x:y"};
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "version: 1\nentry: %s\n", entries[i]);
		struct manifest m = good("x.yaml", text);
		ck_assert_str_eq(m.entry, entries[i]);
		manifest_release(&m);
	}
}
END_TEST

START_TEST(folders_start_at_the_manifest)
{
	char cwd[PATH_MAX], expected[PATH_MAX + 16];
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	struct manifest m = good("sub/./x.yaml", "version: 1\npaths: [lib, .]\n");
	snprintf(expected, sizeof(expected), "%s/sub/lib", cwd);
	ck_assert_str_eq(m.paths.items[0], expected);
	snprintf(expected, sizeof(expected), "%s/sub", cwd);
	ck_assert_str_eq(m.paths.items[1], expected);
	manifest_release(&m);
	m = good("/x.yaml", "version: 1\nfrom: [a.b in ./c/, my-tool in /d in e]\n");
	assert_list(&m.from, LIST("a.b in /c", "my-tool in /d in e"));
	manifest_release(&m);
	m = good("/x.yaml", "version: 1\nexit: quick\nharmless: [a.b, _c]\n");
	assert_list(&m.harmless, LIST("a.b", "_c"));
	manifest_release(&m);
	m = good("/x.yaml", "version: 1\nvariables: [TZ, http_proxy, 'a.b-c', \u00c4]\n");
	assert_list(&m.variables, LIST("TZ", "http_proxy", "a.b-c", "\u00c4"));
	manifest_release(&m);
	m = good("/x.yaml", "version: 1\npaths: [., ../../a, /..//b//]\n");
	assert_list(&m.paths, LIST("/", "/a", "/b"));
	manifest_release(&m);
}
END_TEST

static const struct {
	const char *pattern, *name;
	bool matches;
} matches[] = {
	{"json", "json", true},
	{"json", "jso", false},
	{"json", "json.decoder", false},
	{"json", "Json", false},
	{"email.*", "email", false},
	{"email.*", "email.message", true},
	{"email.*", "email.mime.text", true},
	{"email.*", "emails.message", false},
	{"email.m*", "email.message", true},
	{"email.m*", "email.mime.text", false},
	{"email.m*", "email.m", true},
	{"email.**", "email", true},
	{"email.**", "email.mime.text", true},
	{"email.**", "emails", false},
	{"*", "a", true},
	{"*", "a.b", true},
	{"*.tests", "a.tests", true},
	{"*.tests", "a.b.tests", false},
	{"*.tests", "tests", false},
	{"*.*", "a", false},
	{"*.*", "a.b.c", true},
	{"**", "a", true},
	{"**", "a.b.c", true},
	{"**.tests", "tests", true},
	{"**.tests", "a.b.tests", true},
	{"**.tests", "a.tests.b", false},
	{"**.tests.*", "a.tests", false},
	{"**.tests.*", "a.tests.b.c", true},
	{"**.tests.**", "a.tests", true},
	{"a.**.z", "a.z", true},
	{"a.**.z", "a.b.c.z", true},
	{"a.**.z", "a.b.z.c", false},
	{"a.**.b.**.c", "a.b.x.b.y.c", true},
	{"**.a.b", "a.a.b", true},
	{"**.**", "a", true},
	{"a?c", "abc", true},
	{"a?c", "ac", false},
	{"a?c",
	 "a\xc3\xa9"
	 "c",
	 true},
	{"a??c",
	 "a\xc3\xa9"
	 "c",
	 false},
	{"a?c",
	 "a\xff"
	 "c",
	 true},
	{"?", ".", false},
	{"a*b*c", "aXbYbc", true},
	{"a*b*c", "aXbYb", false},
	{"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	{"_sha*", "_sha512", true},
	{"", "a", false},
	{"a", "", false},
	{"", "", true},
	{"a.", "a", false},
	{"a", "a.", false},
};

START_TEST(patterns)
{
	ck_assert_msg(manifest_pattern_matches(matches[_i].pattern, matches[_i].name) ==
			      matches[_i].matches,
		      "'%s' and '%s'", matches[_i].pattern, matches[_i].name);
}
END_TEST

START_TEST(names_for_writers_of_manifests)
{
	ck_assert(manifest_is_module_name("a.b-c.0001_x"));
	ck_assert(manifest_is_module_name("caf\xc3\xa9"));
	ck_assert(!manifest_is_module_name(""));
	ck_assert(!manifest_is_module_name("a b"));
	ck_assert(!manifest_is_module_name("3.11"));
	ck_assert(!manifest_is_module_name("a.*"));
	ck_assert(!manifest_is_module_name("a\xc2\xa0"
					   "b"));
	ck_assert(manifest_is_pattern("a.*"));
	ck_assert(!manifest_is_pattern("a.b"));
	ck_assert(!manifest_is_pattern("a**"));
	ck_assert(manifest_is_bundle_name("hg-6.3"));
	ck_assert(!manifest_is_bundle_name("../hg"));
}
END_TEST

START_TEST(longest_name)
{
	char name[MANIFEST_MAX_MODULE_NAME + 2];
	memset(name, 'a', sizeof(name));
	name[MANIFEST_MAX_MODULE_NAME + 1] = '\0';
	ck_assert(!manifest_is_module_name(name));
	name[MANIFEST_MAX_MODULE_NAME] = '\0';
	ck_assert(manifest_is_module_name(name));
	name[MANIFEST_MAX_NAME + 1] = '\0';
	ck_assert(!manifest_is_bundle_name(name));
	name[MANIFEST_MAX_NAME] = '\0';
	ck_assert(manifest_is_bundle_name(name));
}
END_TEST

/* --- files */

static enum pyb_status read_file(const char *path, struct manifest *m,
				 struct manifest_problems *problems, struct pyb_error *error)
{
	*error = (struct pyb_error){0};
	return manifest_read(path, m, problems, error);
}

START_TEST(standard_manifest)
{
	struct manifest m;
	struct manifest_problems problems;
	struct pyb_error error;
	char path[PATH_MAX];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/manifest/startup.yaml", top == NULL ? "." : top);
	const enum pyb_status status = read_file(path, &m, &problems, &error);
	ck_assert_msg(status == PYB_OK, "%s%s", error.text,
		      problems.count > 0 ? problems.lines[0] : "");
	ck_assert_str_eq(m.name, "startup");
	ck_assert_str_eq(m.startup.items[0], "encodings");
	ck_assert_uint_gt(m.modules.count, 100);
	manifest_release(&m);
}
END_TEST

START_TEST(missing_file)
{
	struct manifest m;
	struct manifest_problems problems;
	struct pyb_error error;
	ck_assert_int_eq(read_file("/nonexistent/x.yaml", &m, &problems, &error), PYB_ERR_IO);
	ck_assert_str_eq(error.text, "/nonexistent/x.yaml: cannot open the manifest: "
				     "No such file or directory");
	ck_assert_uint_eq(problems.count, 0);
	ck_assert_int_eq(read_file("/", &m, &problems, &error), PYB_ERR_IO);
	ck_assert_str_eq(error.text, "/: cannot read the manifest: Is a directory");
	ck_assert_int_eq(manifest_read("/", &m, &problems, NULL), PYB_ERR_IO);
}
END_TEST

START_TEST(endless_file)
{
	struct manifest m;
	struct manifest_problems problems;
	struct pyb_error error;
	ck_assert_int_eq(read_file("/dev/zero", &m, &problems, &error), PYB_ERR_INVALID);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.lines[0], "/dev/zero:1:1: the file is larger than 16 MiB");
	manifest_problems_release(&problems);
	manifest_problems_release(&problems);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *keys = tcase_create("keys"), *files = tcase_create("files");
	tcase_add_test(keys, defaults);
	tcase_add_test(keys, every_key);
	tcase_add_loop_test(keys, each_snapshot, 0, MANIFEST_SNAPSHOT_COUNT - MANIFEST_SNAPSHOT_NO);
	tcase_add_loop_test(keys, each_payload, 0, sizeof(payloads) / sizeof(payloads[0]));
	tcase_add_loop_test(keys, each_policy, 0, PYB_POLICY_KEY_COUNT);
	tcase_add_loop_test(keys, default_names, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(keys, values_left_out);
	tcase_add_test(keys, words_that_yaml_has_other_ideas_about);
	tcase_add_test(keys, byte_order_mark_and_line_ends);
	tcase_add_test(keys, a_name_in_startup_and_modules);
	tcase_add_test(keys, modules_may_be_excluded_by_a_pattern);
	tcase_add_test(keys, entry_kinds);
	tcase_add_test(keys, folders_start_at_the_manifest);
	tcase_add_loop_test(keys, patterns, 0, sizeof(matches) / sizeof(matches[0]));
	tcase_add_test(keys, names_for_writers_of_manifests);
	tcase_add_test(keys, longest_name);
	tcase_add_test(files, standard_manifest);
	tcase_add_test(files, missing_file);
	tcase_add_test(files, endless_file);
	suite_add_tcase(suite, keys);
	suite_add_tcase(suite, files);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
