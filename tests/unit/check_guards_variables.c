/* SPDX-License-Identifier: MIT */
/* Guards of variables mean what they say, however many there are and however their names meet. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/guard_table.h"

enum { ENTRIES = 8, NAMES = 600, NAME_SIZE = 8, VARIABLES = 12, ENTRY_SIZE = 32 };

static const struct {
	const char *environment[ENTRIES];
	const char *words; /* NULL: all guards hold */
} environments[] = {
	{{"HOME=/root", "KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH="}, NULL},
	{{"PATH=", "LC_TIME=C", "LANG=C.UTF-8", "KEY=canary", "HOME=/root"}, NULL},
	{{"A=1", "Z=1", "L=", "LANG=C.UTF-8", "LC_TIME=C", "KEY=canary", "PATH="}, NULL},
	/* What is none, or is not of the family, or comes twice. */
	{{"LC_ALL", "=LC_ALL=", "KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH=", "LC=1"}, NULL},
	{{"KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH=", "LC_TIME=C", "KEY=canary"}, NULL},
	{{"KEY=canary", "LANG=de_DE.UTF-8", "LC_TIME=C", "PATH="},
	 "the snapshot was made with LANG=C.UTF-8; it is de_DE.UTF-8 now"},
	{{"KEY=canary", "LANG=C.UTF-8x", "LC_TIME=C", "PATH="},
	 "the snapshot was made with LANG=C.UTF-8; it is C.UTF-8x now"},
	{{"KEY=canary", "LANG=", "LC_TIME=C", "PATH="},
	 "the snapshot was made with LANG=C.UTF-8; it is empty now"},
	{{"KEY=canary", "LANGUAGE=", "LC_TIME=C", "PATH="},
	 "the snapshot was made with LANG=C.UTF-8; it is not set now"},
	{{"KEY=canary", "LANG=\tC", "LC_TIME=C", "PATH="},
	 "the snapshot was made with LANG=C.UTF-8; it is \\x09C now"},
	{{"KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH=/bin"},
	 "the snapshot was made with PATH=; it is /bin now"},
	{{"KEY=canary", "LANG=C.UTF-8", "LC_TIME=C"},
	 "the snapshot was made with PATH=; it is not set now"},
	{{"KEY=other canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH="},
	 "the snapshot was made with another value of KEY"},
	{{"LANG=C.UTF-8", "LC_TIME=C", "PATH="},
	 "the snapshot was made with a value of KEY; it is not set now"},
	/* The last one counts for ld.so. */
	{{"KEY=canary", "KEY=other canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH="},
	 "the snapshot was made with another value of KEY"},
	{{"KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH=", "PYTHONPATH=canary"},
	 "PYTHONPATH is set; it was not when the snapshot was made. If it always is, say 'variables: "
	 "[PYTHONPATH]' in the manifest and build the bundle again"},
	{{"KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH=", "LC_ALL="},
	 "LC_ALL is set; it was not when the snapshot was made. If it always is, build the bundle again"},
	{{"LC_=canary", "KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH="},
	 "LC_ is set; it was not when the snapshot was made. If it always is, build the bundle again"},
	{{"LC_TIMES=canary", "KEY=canary", "LANG=C.UTF-8", "LC_TIME=C", "PATH="},
	 "LC_TIMES is set; it was not when the snapshot was made. If it always is, build the bundle again"},
};

static void add_variables(void)
{
	table_add_text(GUARD_VARIABLE, "KEY", "canary");
	table_add_text(GUARD_VARIABLE, "LANG", "C.UTF-8");
	table_add(GUARD_FAMILY, "LC_");
	table_add_text(GUARD_VARIABLE, "LC_TIME", "C");
	table_add_text(GUARD_VARIABLE, "PATH", "");
	table_add(GUARD_ABSENT, "PYTHONPATH");
	table_add(GUARD_FAMILY, "PYTHONPATH_");
}

START_TEST(variable)
{
	char *environment[ENTRIES + 1] = {NULL};
	const struct guard_world world = {.arguments = nothing, .environment = environment};

	for (size_t i = 0; i < ENTRIES && environments[_i].environment[i] != NULL; i++)
		environment[i] = strdup(environments[_i].environment[i]);
	add_variables();
	if (environments[_i].words == NULL)
		assert_holds(&world);
	else
		assert_misses(&world, environments[_i].words);
	for (size_t i = 0; i < ENTRIES; i++)
		free(environment[i]);
}
END_TEST

/* Numbers that are the same each time. */
static uint32_t draw(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 16) % below;
}

/* Few letters, so that names meet, and begin with each other. */
static void draw_text(char *text, uint32_t least, uint32_t longest)
{
	const uint32_t length = least + draw(longest - least + 1);

	for (uint32_t i = 0; i < length; i++)
		text[i] = "AB_"[draw(3)];
	text[length] = '\0';
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(one, other);
}

static void add_random_guards(uint32_t count, uint32_t longest)
{
	static char names[NAMES][NAME_SIZE];
	char value[NAME_SIZE];

	for (uint32_t i = 0; i < count; i++)
		draw_text(names[i], 1, longest);
	qsort(names, count, NAME_SIZE, compare_names);
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		draw_text(value, 0, 1);
		if (draw(count) < 2)
			table_add_text(GUARD_VARIABLE, names[i], value);
		else if (draw(3) > 0)
			table_add(GUARD_ABSENT, names[i]);
		if (draw(3) == 0)
			table_add(GUARD_FAMILY, names[i]);
	}
}

static bool is_named(const char *entry, const char *name)
{
	return strncmp(entry, name, strlen(name)) == 0 && entry[strlen(name)] == '=';
}

static bool is_guarded(const char *entry)
{
	for (uint32_t i = 0; i < table.snapshot.guard_count; i++)
		if (table.guards[i].kind == GUARD_VARIABLE &&
		    is_named(entry, table.strings + table.guards[i].name))
			return true;
	return false;
}

/* What a guard says, word by word. */
static bool is_so(const struct snapshot_guard *guard, char *const *environment)
{
	const char *const name = table.strings + guard->name;
	bool is_set = false;

	for (; *environment != NULL; environment++) {
		const char *const entry = *environment;
		if (guard->kind == GUARD_FAMILY) {
			if (strncmp(entry, name, strlen(name)) == 0 && !is_guarded(entry))
				return false;
		} else if (is_named(entry, name)) {
			is_set = true;
			if (guard->kind == GUARD_ABSENT ||
			    strcmp(entry + strlen(name) + 1, table.strings + guard->value) != 0)
				return false;
		}
	}
	return guard->kind != GUARD_VARIABLE || is_set;
}

/* All of them, and each. */
static unsigned compare_with_words(const struct guard_world *world)
{
	struct guard_miss miss;
	unsigned missed = 0;

	for (uint32_t i = 0; i < table.snapshot.guard_count; i++) {
		const bool is = is_so(&table.guards[i], world->environment);
		missed += !is;
		ck_assert_int_eq(pyb_guard_holds(&table.snapshot, i, world, &miss), is);
	}
	ck_assert_int_eq(pyb_guards_hold(&table.snapshot, world, &miss), missed == 0);
	if (missed > 0)
		ck_assert(!is_so(&table.guards[miss.guard], world->environment));
	return missed;
}

/* Some that guards ask for, and some others. */
static void draw_environment(char entries[VARIABLES][ENTRY_SIZE])
{
	uint32_t count = 0;
	char name[NAME_SIZE], value[NAME_SIZE];

	for (uint32_t i = 0; i < table.snapshot.guard_count && count < VARIABLES; i++)
		if (table.guards[i].kind == GUARD_VARIABLE && draw(8) > 0)
			snprintf(entries[count++], ENTRY_SIZE, "%s=%s",
				 table.strings + table.guards[i].name,
				 table.strings + table.guards[i].value);
	for (uint32_t left = draw(4); left > 0 && count < VARIABLES; left--) {
		draw_text(name, 1, 6);
		draw_text(value, 0, 1);
		snprintf(entries[count++], ENTRY_SIZE, "%s=%s", name, value);
	}
	while (count < VARIABLES)
		entries[count++][0] = '\0';
}

START_TEST(any_variables)
{
	char entries[VARIABLES][ENTRY_SIZE], *environment[VARIABLES + 1];
	const struct guard_world world = {.arguments = nothing, .environment = environment};
	unsigned held = 0;

	for (uint32_t i = 0; i < VARIABLES; i++)
		environment[i] = entries[i];
	environment[VARIABLES] = NULL;
	for (int round = 0; round < 2000; round++) {
		table_clear();
		add_random_guards(1 + draw(8), 4);
		draw_environment(entries);
		ck_assert(table_is_sound());
		held += compare_with_words(&world) == 0;
	}
	/* Neither always nor never. */
	ck_assert_uint_gt(held, 200);
	ck_assert_uint_lt(held, 1800);
}
END_TEST

/* More than are looked at in one pass. */
START_TEST(many_variables)
{
	char last[] = "V0999=x", *environment[] = {last, NULL};
	const struct guard_world world = {.arguments = nothing, .environment = environment};
	char name[NAME_SIZE];

	for (uint32_t i = 0; i < 999; i++) {
		snprintf(name, sizeof(name), "V%04u", i);
		table_add(GUARD_ABSENT, name);
	}
	table_add_text(GUARD_VARIABLE, "V0999", "x");
	assert_holds(&world);
	strcpy(last, "V0700=");
	ck_assert_uint_eq(compare_with_words(&world), 2);
	strcpy(last, "V0999=");
	assert_misses(&world, "the snapshot was made with another value of V0999");
}
END_TEST

/* A table in which the search would not find them is refused. */
START_TEST(order)
{
	static const struct {
		enum guard_kind first, second;
		const char *first_name, *second_name;
		bool is_sound;
	} orders[] = {
		{GUARD_ABSENT, GUARD_ABSENT, "A", "B", true},
		{GUARD_ABSENT, GUARD_VARIABLE, "B", "A", false},
		{GUARD_ABSENT, GUARD_ABSENT, "A", "A", false},
		{GUARD_ABSENT, GUARD_VARIABLE, "A", "A", false},
		{GUARD_ABSENT, GUARD_FAMILY, "A", "A", true},
		{GUARD_FAMILY, GUARD_ABSENT, "A", "A", false},
		{GUARD_FAMILY, GUARD_FAMILY, "A", "A", false},
		{GUARD_FAMILY, GUARD_VARIABLE, "AB", "A", false},
		{GUARD_PRESENT, GUARD_VARIABLE, "B", "A", true},
		{GUARD_VARIABLE, GUARD_PRESENT, "B", "A", true},
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		table_clear();
		table_add(orders[i].first, orders[i].first_name);
		table_add(orders[i].second, orders[i].second_name);
		ck_assert_msg(table_is_sound() == orders[i].is_sound, "%zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("guards_variables");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, table_clear, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, variable, 0, sizeof(environments) / sizeof(environments[0]));
	tcase_add_test(tcase, any_variables);
	tcase_add_test(tcase, many_variables);
	tcase_add_test(tcase, order);
	suite_add_tcase(suite, tcase);
	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
