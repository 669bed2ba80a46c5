/* SPDX-License-Identifier: MIT */
/* Manifests that break a rule: the exact message for each. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"

/* One case for each rule. `expected` has the lines without the file's name in front. */
struct bad {
	const char *text;
	size_t size; /* 0: up to the NUL */
	const char *expected;
};

#define WITH(keys) "version: 1\n" keys
#define BYTES(text) text, sizeof(text) - 1

static const struct bad documents[] = {
	{"", 0, "1:1: the manifest is empty; it begins with 'version: 1'"},
	{"# only\n", 0, "1:1: the manifest is empty; it begins with 'version: 1'"},
	{"---\n", 0, "2:1: the manifest is empty; it begins with 'version: 1'"},
	{"null\n", 0, "1:1: the manifest is empty; it begins with 'version: 1'"},
	{"- a\n", 0, "1:1: a manifest consists of 'key: value' lines; this is a list"},
	{"json\n", 0, "1:1: a manifest consists of 'key: value' lines; this is a single value"},
	{WITH("---\na: b\n"), 0, "2:1: a second document begins here; a manifest is one"},
	{WITH("...\n---\n"), 0, "3:1: a second document begins here; a manifest is one"},
	{WITH("name: &a hg\n"), 0, "2:7: key 'name': the anchor '&a' is not allowed in a manifest"},
	{WITH("modules: &a [b]\n"), 0,
	 "2:10: key 'modules': the anchor '&a' is not allowed in a manifest"},
	{WITH("name: !!str hg\n"), 0,
	 "2:7: key 'name': the tag 'tag:yaml.org,2002:str' is not allowed in a manifest"},
	{WITH("absent: !x [b]\n"), 0,
	 "2:9: key 'absent': the tag '!x' is not allowed in a manifest"},
	{"&a {version: 1}\n", 0, "1:1: the anchor '&a' is not allowed in a manifest"},
	{WITH("modules: [*b]\n"), 0,
	 "2:11: key 'modules': the alias '*b' is not allowed in a manifest; put it in quotes if a "
	 "pattern is meant"},
	{WITH("modules: [*.b]\n"), 0,
	 "2:12: not YAML: did not find expected alphabetic or numeric character, while scanning an "
	 "alias from line 2 on; put a pattern that begins with '*' in quotes"},
	{WITH("modules:\n\t- a\n"), 0,
	 "3:1: not YAML: found character that cannot start any token, while scanning for the next "
	 "token from line 3 on; YAML is indented with spaces, not tabs"},
	{WITH("name: @x\n"), 0,
	 "2:7: not YAML: found character that cannot start any token, while scanning for the next "
	 "token from line 2 on; put the value in quotes"},
	{WITH("modules: [a\n"), 0,
	 "3:1: not YAML: did not find expected ',' or ']', while parsing a flow sequence from line "
	 "2 on"},
	{WITH("entry: a: b\n"), 0, "2:9: not YAML: mapping values are not allowed in this context"},
	{BYTES("version: 1\nname: h\0g\n"), "2:8: there is a NUL byte here; a manifest is text"},
	{WITH("name: \x01\n"), 0,
	 "2:7: the character U+0001 is not allowed in a manifest; in \"double quotes\" it can be "
	 "written as \\u0001"},
	{WITH("# \xc3\xa9\nname: \xff\n"), 0,
	 "3:7: the byte 0xff is not UTF-8 here; save the manifest as UTF-8"},
	{WITH("# \xc3\xa9 \xed\xa0\x80\n"), 0,
	 "2:5: the byte 0xed is not UTF-8 here; save the manifest as UTF-8"},
	{WITH("# \xc0\xaf\n"), 0,
	 "2:3: the byte 0xc0 is not UTF-8 here; save the manifest as UTF-8"},
	{WITH("# \xe2\x82"), 0, "2:3: the byte 0xe2 is not UTF-8 here; save the manifest as UTF-8"},
	{BYTES("\xff\xfev\0e\0r\0"), "1:1: this is UTF-16; save the manifest as UTF-8"},
	{WITH("x: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), 0,
	 "2:1: key 'x': there is no such key; pystart-manifest(5) lists all\n"
	 "2:35: lists and mappings are nested too deeply here"},
};

static const struct bad keys[] = {
	{"name: hg\n", 0, "1:1: key 'version': is missing; begin with 'version: 1'"},
	{"\nversion:\n", 0, "2:1: key 'version': has no value; write 'version: 1'"},
	{"version: 2\n", 0,
	 "1:10: key 'version': version 2 is newer than this program, which knows version 1"},
	{"version: 1.0\n", 0, "1:10: key 'version': must be the number 1, not '1.0'"},
	{"version: '1'\n", 0, "1:10: key 'version': must be the number 1, not '1'"},
	{WITH("modles: []\n"), 0, "2:1: key 'modles': there is no such key; is 'modules' meant?"},
	{WITH("Check: never\n"), 0, "2:1: key 'Check': there is no such key; is 'check' meant?"},
	{WITH("foo: bar\n"), 0,
	 "2:1: key 'foo': there is no such key; pystart-manifest(5) lists all"},
	{WITH("\"a\\nb\\0\": c\n"), 0,
	 "2:1: key 'a\\nb\\x00': there is no such key; pystart-manifest(5) lists all"},
	{WITH("\"name\\0\": c\n"), 0,
	 "2:1: key 'name\\x00': there is no such key; is 'name' meant?"},
	{WITH("? [a]\n: b\n"), 0, "2:3: a key must be a word, not a list"},
	{WITH("name: a\npaths: []\nname: [b]\n"), 0,
	 "4:1: key 'name': given twice, first on line 2"},
	{WITH("startup:\nstartup: [a]\n"), 0, "3:1: key 'startup': given twice, first on line 2"},
	{WITH("name: [a]\n"), 0, "2:7: key 'name': must be a single value, not a list"},
	{WITH("name: {a: b}\n"), 0,
	 "2:7: key 'name': must be a single value, not a mapping ('word: value')"},
	{WITH("modules: json\n"), 0, "2:10: key 'modules': must be a list, not a single value"},
	{WITH("modules: ''\n"), 0, "2:10: key 'modules': must be a list, not a single value"},
	{WITH("modules: {a: b}\n"), 0,
	 "2:10: key 'modules': must be a list, not a mapping ('word: value')"},
	{WITH("modules: [[a]]\n"), 0,
	 "2:11: key 'modules': an item must be a single value, not a list"},
	{WITH("modules:\n- a: b\n"), 0,
	 "3:3: key 'modules': an item must be a single value, not a mapping ('word: value')"},
	{WITH("modules:\n- a\n-\n"), 0,
	 "4:2: key 'modules': an item of the list is empty; remove it"},
	{WITH("modules: [null]\n"), 0,
	 "2:11: key 'modules': 'null' means 'no value' in YAML; put it in quotes if a name is meant"},
	{WITH("python: \"/a\\0b\"\n"), 0,
	 "2:9: key 'python': there is a NUL character in the value"},
};

#define ENTRY "' is not MODULE, MODULE:FUNCTION or the absolute path of a script: "
#define PYTHON "' is not the absolute path of an interpreter: "
#define BOOTSTRAP "' is not MODULE:FUNCTION: "

static const struct bad values[] = {
	{WITH("name: ''\n"), 0, "2:7: key 'name': '' is not a name for a bundle: it is empty"},
	{WITH("name: .hg\n"), 0,
	 "2:7: key 'name': '.hg' is not a name for a bundle: it may not begin with '.' or '-'"},
	{WITH("name: a/b\n"), 0,
	 "2:7: key 'name': 'a/b' is not a name for a bundle: only ASCII letters, digits, '.', '_' "
	 "and '-' are allowed"},
	{WITH("name: \xc3\xa9\n"), 0,
	 "2:7: key 'name': '\xc3\xa9' is not a name for a bundle: only ASCII letters, digits, '.', "
	 "'_' and '-' are allowed"},
	{WITH("python: python3\n"), 0,
	 "2:9: key 'python': 'python3" PYTHON "it must begin with '/'"},
	{WITH("python: /usr/bin/\n"), 0,
	 "2:9: key 'python': '/usr/bin/" PYTHON "it ends with '/' as a folder does"},
	{WITH("python: ~/python\n"), 0,
	 "2:9: key 'python': '~/python" PYTHON "'~' does not stand for the home folder here; write "
	 "that out"},
	{WITH("python: \"/a\\nb\"\n"), 0,
	 "2:9: key 'python': '/a\\nb" PYTHON "it has a control character in it"},
	{WITH("entry: ''\n"), 0, "2:8: key 'entry': '" ENTRY "it is empty"},
	{WITH("entry: :main\n"), 0,
	 "2:8: key 'entry': ':main" ENTRY "the module before the ':' is missing"},
	{WITH("entry: a:\n"), 0, "2:9: not YAML: mapping values are not allowed in this context"},
	{WITH("entry: 'a:'\n"), 0, "2:8: key 'entry': 'a:" ENTRY "it is empty"},
	{WITH("entry: a:b:c\n"), 0, "2:8: key 'entry': 'a:b:c" ENTRY "it has a colon in it"},
	{WITH("entry: a:b-c\n"), 0,
	 "2:8: key 'entry': 'a:b-c" ENTRY "a function's name has no '-'"},
	{WITH("entry: a:b.1c\n"), 0,
	 "2:8: key 'entry': 'a:b.1c" ENTRY "no part of a function's name begins with a digit"},
	{WITH("entry: bin/hg\n"), 0,
	 "2:8: key 'entry': 'bin/hg" ENTRY "a module is written with dots, not slashes"},
	{WITH("bootstrap: a\n"), 0, "2:12: key 'bootstrap': 'a" BOOTSTRAP "the ':' is missing"},
	{WITH("bootstrap: a..b:c\n"), 0,
	 "2:12: key 'bootstrap': 'a..b:c" BOOTSTRAP
	 "there is nothing before, behind or between its dots"},
	{WITH("optimize: 3\n"), 0,
	 "2:11: key 'optimize': '3' is not a level of optimization: it must be 0, 1 or 2"},
	{WITH("optimize: true\n"), 0,
	 "2:11: key 'optimize': 'true' is not a level of optimization: it must be 0, 1 or 2"},
	{WITH("compress: 20\n"), 0,
	 "2:11: key 'compress': '20' is not a level of compression: it must be 'none' or a number "
	 "from 0 (none) to 19"},
	{WITH("compress: 010\n"), 0,
	 "2:11: key 'compress': '010' is not a level of compression: it must be 'none' or a number "
	 "from 0 (none) to 19"},
	{WITH("compress: -1\n"), 0,
	 "2:11: key 'compress': '-1' is not a level of compression: it must be 'none' or a number "
	 "from 0 (none) to 19"},
	{WITH("check: off\n"), 0,
	 "2:8: key 'check': 'off' is not a kind of check: it must be 'source', 'directory', "
	 "'never' or 'hash'"},
	{WITH("payload: code\n"), 0,
	 "2:10: key 'payload': 'code' is not a kind of payload: it must be 'auto', 'image' or "
	 "'marshal'"},
	{WITH("gc: off\n"), 0,
	 "2:5: key 'gc': 'off' is not what the garbage collector does: it must be 'defer' or "
	 "'normal'"},
	{WITH("exit: Quick\n"), 0,
	 "2:7: key 'exit': 'Quick' is not a way to exit: it must be 'quick' or 'full'"},
	{WITH("hugepages: yes\n"), 0,
	 "2:12: key 'hugepages': 'yes' is not a use of huge pages: it must be 'auto' or 'never'"},
	{WITH("memory: locked\n"), 0,
	 "2:9: key 'memory': 'locked' is not a use of memory: it must be 'shared' or 'private'"},
	{WITH("checksums: no\n"), 0,
	 "2:12: key 'checksums': 'no' is not which checksums are verified: it must be 'full' or "
	 "'quick'"},
	{WITH("hugepage: auto\n"), 0,
	 "2:1: key 'hugepage': there is no such key; is 'hugepages' meant?"},
	{WITH("snapshot: on\n"), 0,
	 "2:11: key 'snapshot': 'on' is not whether to make a snapshot: it must be 'no', 'auto', "
	 "'yes' or 'shared'"},
	{WITH("variables: [A, 'B=1']\n"), 0,
	 "2:16: key 'variables': 'B=1' is not the name of an environment variable: the value is "
	 "taken from the environment; write the name alone"},
	{WITH("variables: ['A B']\n"), 0,
	 "2:13: key 'variables': 'A B' is not the name of an environment variable: it has a blank or "
	 "a control character in it"},
	{WITH("variables: [PYSTART_SNAPSHOT]\n"), 0,
	 "2:13: key 'variables': 'PYSTART_SNAPSHOT' is not the name of an environment variable: what "
	 "begins with 'PYSTART_' is told to each start anew"},
	{WITH("variables: [PYTHONHASHSEED]\n"), 0,
	 "2:13: key 'variables': 'PYTHONHASHSEED' is not the name of an environment variable: a "
	 "snapshot has a seed of its own, and is not used where one is given"},
	{WITH("variables: ['LC_*']\n"), 0,
	 "2:13: key 'variables': 'LC_*' is not the name of an environment variable: there are no "
	 "patterns here"},
	{WITH("variables: ['']\n"), 0,
	 "2:13: key 'variables': '' is not the name of an environment variable: it is empty"},
	{WITH("variables: [A, A]\n"), 0,
	 "2:16: key 'variables': 'A' is listed twice, first on line 2"},
	{WITH("compress: 1\npayload: image\n"), 0,
	 "2:1: key 'compress': an image, which 'payload' asks for on line 3, cannot be compressed; "
	 "take one of the two out"},
	{WITH("paths: ['']\n"), 0, "2:9: key 'paths': '' is not a folder: it is empty"},
	{WITH("paths: [$HOME/lib]\n"), 0,
	 "2:9: key 'paths': '$HOME/lib' is not a folder: variables are not replaced here; write the "
	 "value"},
};

#define STARTUP "' is not a module's name: "
#define MODULES "' is not a module's name or a pattern: "

static const struct bad items[] = {
	{WITH("startup: [a.*]\n"), 0,
	 "2:11: key 'startup': 'a.*" STARTUP "patterns are for 'modules' and 'exclude' only"},
	{WITH("absent: [a?]\n"), 0,
	 "2:10: key 'absent': 'a?" STARTUP "patterns are for 'modules' and 'exclude' only"},
	{WITH("startup: [3.11]\n"), 0, "2:11: key 'startup': '3.11" STARTUP "it is a number"},
	{WITH("startup: [a b]\n"), 0,
	 "2:11: key 'startup': 'a b" STARTUP "it has white space in it"},
	{WITH("startup: [.a]\n"), 0,
	 "2:11: key 'startup': '.a" STARTUP "there is nothing before, behind or between its dots"},
	{WITH("startup: [a.-b]\n"), 0,
	 "2:11: key 'startup': 'a.-b" STARTUP "no part of it may begin with '-'"},
	{WITH("startup: [a+b]\n"), 0,
	 "2:11: key 'startup': 'a+b" STARTUP
	 "only letters, digits, '_' and '-' may stand between its dots"},
	{WITH("startup: [\"a\\u00a0b\"]\n"), 0,
	 "2:11: key 'startup': 'a\xc2\xa0"
	 "b" STARTUP "only letters, digits, '_' and '-' may stand between its dots"},
	{WITH("startup: [a/b.py]\n"), 0,
	 "2:11: key 'startup': 'a/b.py" STARTUP "a module is written with dots, not slashes"},
	{WITH("modules: [a**]\n"), 0,
	 "2:11: key 'modules': 'a**" MODULES "'**' must stand alone between dots"},
	{WITH("modules: ['a.***']\n"), 0,
	 "2:11: key 'modules': 'a.***" MODULES "'**' must stand alone between dots"},
	{WITH("exclude: ['[ab]*']\n"), 0,
	 "2:11: key 'exclude': '[ab]*" MODULES "only '*' and '?' are wildcards"},
	{WITH("exclude: [..*]\n"), 0,
	 "2:11: key 'exclude': '..*" MODULES "there is nothing before, behind or between its dots"},
	{WITH("modules: [a, b, a]\n"), 0,
	 "2:17: key 'modules': 'a' is listed twice, first on line 2"},
	{WITH("exclude:\n- a.*\n- b\n- a.*\n- a.*\n"), 0,
	 "5:3: key 'exclude': 'a.*' is listed twice, first on line 3\n"
	 "6:3: key 'exclude': 'a.*' is listed twice, first on line 3"},
	{WITH("from: [a]\n"), 0,
	 "2:8: key 'from': 'a' is not MODULE in FOLDER: the word 'in' is missing"},
	{WITH("from: [a in $X]\n"), 0,
	 "2:8: key 'from': 'a in $X' is not MODULE in FOLDER: variables are not replaced here; write "
	 "the value"},
	{WITH("from: [' in /a']\n"), 0,
	 "2:8: key 'from': ' in /a' is not MODULE in FOLDER: it is empty"},
	{WITH("from: ['a in ']\n"), 0,
	 "2:8: key 'from': 'a in ' is not MODULE in FOLDER: it is empty"},
	{WITH("from: [a in /x, b in /x, a in /x/]\n"), 0,
	 "2:26: key 'from': 'a in /x' is listed twice, first on line 2"},
	{WITH("from: [a in /x, a.b in /x, a in /y]\n"), 0,
	 "2:28: key 'from': 'a' has another folder on line 2"},
	{WITH("absent: [a]\nfrom: [a in /x]\n"), 0,
	 "3:8: key 'from': 'a' also stands under 'absent', line 2"},
	{WITH("paths: [/a/b, /a/./b/]\n"), 0,
	 "2:15: key 'paths': '/a/b' is listed twice, first on line 2"},
	{WITH("entry: a.b\nexclude: [x, a.b]\n"), 0,
	 "2:1: key 'entry': the module 'a.b' is taken out by 'a.b' under 'exclude', line 3"},
	{WITH("bootstrap: a.b:c\nexclude: ['**.c', '**.b']\n"), 0,
	 "2:1: key 'bootstrap': the module 'a.b' is taken out by '**.b' under 'exclude', line 3"},
	{WITH("modules: [a.*]\nexclude: [a.*]\n"), 0,
	 "3:11: key 'exclude': 'a.*' also stands under 'modules', line 2"},
	{WITH("absent: [a, b]\nstartup: [b]\nmodules: [a]\n"), 0,
	 "2:10: key 'absent': 'a' also stands under 'modules', line 4\n"
	 "2:13: key 'absent': 'b' also stands under 'startup', line 3"},
	{WITH("entry: a.b:c\nbootstrap: d:e\nabsent: [d, a.b]\n"), 0,
	 "2:1: key 'entry': the module 'a.b' also stands under 'absent', line 4\n"
	 "3:1: key 'bootstrap': the module 'd' also stands under 'absent', line 4"},
};

static const struct bad together[] = {
	{"versoin: 1\n"
	 "name: .hg\n"
	 "startup: [json, a*, json, 3.11, {a: b}]\n"
	 "modules: &x json\n"
	 "exclude: [js*]\n"
	 "compress: 99\n"
	 "name: hg\n"
	 "check: [\n",
	 0,
	 "1:1: key 'versoin': there is no such key; is 'version' meant?\n"
	 "2:7: key 'name': '.hg' is not a name for a bundle: it may not begin with '.' or '-'\n"
	 "3:17: key 'startup': 'a*" STARTUP "patterns are for 'modules' and 'exclude' only\n"
	 "3:21: key 'startup': 'json' is listed twice, first on line 3\n"
	 "3:27: key 'startup': '3.11" STARTUP "it is a number\n"
	 "3:33: key 'startup': an item must be a single value, not a mapping ('word: value')\n"
	 "4:10: key 'modules': the anchor '&x' is not allowed in a manifest\n"
	 "4:10: key 'modules': must be a list, not a single value\n"
	 "6:11: key 'compress': '99' is not a level of compression: it must be 'none' or a number "
	 "from 0 (none) to 19\n"
	 "7:1: key 'name': given twice, first on line 2\n"
	 "8:8: key 'check': must be a single value, not a list\n"
	 "9:1: not YAML: did not find expected node content, while parsing a flow node from line 9 "
	 "on"},
};

/* All problems of a text in one string; empty if there are none. The caller frees it. */
static char *problems_of(const char *file, const char *text, size_t size)
{
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};
	const enum pyb_status status =
		manifest_parse(file, text, size, &manifest, &problems, &error);
	ck_assert_int_eq(status, problems.count == 0 ? PYB_OK : PYB_ERR_INVALID);
	ck_assert_int_eq(error.status, PYB_OK);
	ck_assert_int_eq(manifest.name == NULL, status != PYB_OK);
	ck_assert_int_eq(manifest.file == NULL, status != PYB_OK);
	char *all = NULL;
	size_t all_size = 0;
	FILE *out = open_memstream(&all, &all_size);
	ck_assert_ptr_nonnull(out);
	for (size_t i = 0; i < problems.count; i++) {
		ck_assert_ptr_null(strchr(problems.lines[i], '\n'));
		fprintf(out, "%s%s", i > 0 ? "\n" : "", problems.lines[i]);
	}
	ck_assert_int_eq(fclose(out), 0);
	manifest_release(&manifest);
	manifest_problems_release(&problems);
	return all;
}

static void check_bad(const struct bad *bad)
{
	/* The file's name is as short as possible, so that the table can do without it. */
	char *found = problems_of("m", bad->text, bad->size == 0 ? strlen(bad->text) : bad->size);
	char *line = found;
	const char *expected = bad->expected;
	while (*expected != '\0') {
		const size_t size = strcspn(expected, "\n");
		const size_t line_size = strcspn(line, "\n");
		ck_assert_msg(line_size == size + 2 && memcmp(line, "m:", 2) == 0 &&
				      memcmp(line + 2, expected, size) == 0,
			      "expected:\n%s\nfound:\n%s", bad->expected, found);
		line += line_size + (line[line_size] == '\n');
		expected += size + (expected[size] == '\n');
	}
	ck_assert_msg(*line == '\0', "expected:\n%s\nfound:\n%s", bad->expected, found);
	free(found);
}

#define BAD_TEST(table)                \
	START_TEST(bad_##table)        \
	{                              \
		check_bad(&table[_i]); \
	}                              \
	END_TEST

BAD_TEST(documents)
BAD_TEST(keys)
BAD_TEST(values)
BAD_TEST(items)
BAD_TEST(together)

#define ADD_BAD_TEST(tcase, table) \
	tcase_add_loop_test(tcase, bad_##table, 0, sizeof(table) / sizeof(table[0]))

START_TEST(file_without_a_name_for_the_bundle)
{
	static const char text[] = "version: 1\n";
	char *found = problems_of("dir/a b.yaml", text, strlen(text));
	ck_assert_str_eq(found,
			 "dir/a b.yaml:1:1: key 'name': is missing, and the file's name 'a b' "
			 "cannot take its place (only ASCII letters, digits, '.', '_' and '-' are "
			 "allowed); add 'name: ...'");
	free(found);
	found = problems_of("a\nb/.yaml", text, strlen(text));
	ck_assert_str_eq(found, "a?b/.yaml:1:1: key 'name': is missing, and the file's name '' "
				"cannot take its place (it is empty); add 'name: ...'");
	free(found);
}
END_TEST

START_TEST(long_values_are_shortened)
{
	char text[512] = WITH("check: ");
	memset(text + strlen(text), 'x', 400);
	char *found = problems_of("m", text, strlen(text));
	ck_assert_str_eq(found, "m:2:8: key 'check': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxx...' is not a kind of check: it must be 'source', "
				"'directory', 'never' or 'hash'");
	free(found);
}
END_TEST

/* `count` times the same line, with its number in it. */
static char *many_lines(const char *head, const char *format, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	fputs(head, out);
	for (size_t i = 0; i < count; i++) {
		fputs(format, out);
		fprintf(out, "%zu\n", i);
	}
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(more_problems_than_are_kept)
{
	char *text = many_lines(WITH("modules:\n"), "- .", MANIFEST_MAX_PROBLEMS);
	struct manifest manifest;
	struct manifest_problems problems;
	manifest_parse("m", text, strlen(text), &manifest, &problems, NULL);
	ck_assert_uint_eq(problems.count, MANIFEST_MAX_PROBLEMS);
	manifest_problems_release(&problems);
	free(text);
	text = many_lines(WITH("modules:\n"), "- .", MANIFEST_MAX_PROBLEMS + 50);
	manifest_parse("m", text, strlen(text), &manifest, &problems, NULL);
	ck_assert_uint_eq(problems.count, MANIFEST_MAX_PROBLEMS + 1);
	ck_assert_str_eq(problems.lines[MANIFEST_MAX_PROBLEMS],
			 "m: there are more problems than these 100; correct them first");
	manifest_problems_release(&problems);
	free(text);
}
END_TEST

START_TEST(limits_of_lists)
{
	char *text = many_lines(WITH("modules:\n"), "- a", MANIFEST_MAX_ITEMS);
	char *found = problems_of("m", text, strlen(text));
	ck_assert_str_eq(found, "");
	free(found);
	free(text);
	text = many_lines(WITH("modules:\n"), "- a", MANIFEST_MAX_ITEMS + 2);
	found = problems_of("m", text, strlen(text));
	ck_assert_str_eq(found, "m:65539:3: key 'modules': a list has at most 65536 items");
	free(found);
	free(text);
	text = many_lines(WITH("exclude:\n"), "- a*", MANIFEST_MAX_PATTERNS + 2);
	found = problems_of("m", text, strlen(text));
	ck_assert_str_eq(found, "m:1027:3: key 'exclude': a list has at most 1024 patterns");
	free(found);
	free(text);
}
END_TEST

START_TEST(too_large)
{
	const size_t size = MANIFEST_MAX_SIZE + 1;
	char *text = malloc(size);
	ck_assert_ptr_nonnull(text);
	memset(text, '#', size);
	char *found = problems_of("m", text, size);
	ck_assert_str_eq(found, "m:1:1: the file is larger than 16 MiB");
	free(found);
	found = problems_of("m", text, size - 1);
	ck_assert_str_eq(found, "m:1:1: the manifest is empty; it begins with 'version: 1'");
	free(found);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest: problems");
	TCase *rules = tcase_create("rules"), *limits = tcase_create("limits");
	ADD_BAD_TEST(rules, documents);
	ADD_BAD_TEST(rules, keys);
	ADD_BAD_TEST(rules, values);
	ADD_BAD_TEST(rules, items);
	ADD_BAD_TEST(rules, together);
	tcase_add_test(rules, file_without_a_name_for_the_bundle);
	tcase_add_test(rules, long_values_are_shortened);
	tcase_add_test(limits, more_problems_than_are_kept);
	tcase_add_test(limits, limits_of_lists);
	tcase_add_test(limits, too_large);
	tcase_set_timeout(limits, 120);
	suite_add_tcase(suite, rules);
	suite_add_tcase(suite, limits);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
