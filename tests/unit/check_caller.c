/* SPDX-License-Identifier: MIT */
/* Returning to the caller of a function from below it: what is to be as it was, and when there is nothing to find. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "importer/exit/caller.h"

/* A frame and an address of its own. */
#if defined(__clang__)
#define SEPARATE __attribute__((noinline))
#else
#define SEPARATE __attribute__((noinline, noclone))
#endif

enum { DEPTH = 20, LOCALS = 24 };

static const uintptr_t *functions;
static size_t count;
static uintptr_t barrier;
static struct caller caller;

/* Functions in which compilers keep more than registers hold, so that those that a call gives back are in use. */
static SEPARATE int sink(const volatile int *values)
{
	int sum = 0;

	for (int i = 0; i < LOCALS; i++)
		sum += values[i];
	return sum;
}

static SEPARATE int leave(bool *found)
{
	*found = caller_find(&caller, functions, count, barrier);
	return 0;
}

static SEPARATE int descend(int depth, bool *found, bool is_left)
{
	volatile int values[LOCALS];

	for (int i = 0; i < LOCALS; i++)
		values[i] = depth * i;
	const int below = depth == 0 ? leave(found) : descend(depth - 1, found, is_left);
	if (depth == 0 && *found && is_left)
		caller_return(&caller, 42);
	return below + sink(values);
}

static SEPARATE int middle(bool *found, bool is_left)
{
	return descend(DEPTH, found, is_left) + 1;
}

static SEPARATE int outer(bool *found, bool is_left)
{
	return middle(found, is_left) + 100;
}

static void look_for(const uintptr_t *list, size_t number, uintptr_t stop)
{
	functions = list;
	count = number;
	barrier = stop;
}

START_TEST(innermost)
{
	const uintptr_t list[] = {(uintptr_t)outer, (uintptr_t)middle};
	bool found;

	/* descend() gives 42 to middle(). */
	look_for(list, 2, 0);
	ck_assert_int_eq(outer(&found, true), 143);
	ck_assert(found);
	/* middle(), or whom it calls, gives 42 to outer(). */
	look_for(list, 1, 0);
	ck_assert_int_eq(outer(&found, true), 142);
}
END_TEST

START_TEST(again_and_again)
{
	const uintptr_t list[] = {(uintptr_t)middle};
	const double exact[] = {1.5, 2.25, 3.125};
	bool found;
	double sum = 0;
	long steps = 0;

	/* What is kept in registers over calls, of whichever kind, is what it was. */
	look_for(list, 1, 0);
	for (int i = 0; i < 1000; i++) {
		sum += exact[i % 3];
		steps += outer(&found, i % 2 == 0);
	}
	ck_assert_int_eq(steps - 500 * 143, 500L * (outer(&found, false)));
	ck_assert(sum == 334 * 1.5 + 333 * 2.25 + 333 * 3.125);
}
END_TEST

START_TEST(nothing_to_find)
{
	const uintptr_t other[] = {(uintptr_t)sink};
	const uintptr_t list[] = {(uintptr_t)outer};
	bool found;

	look_for(other, 1, 0);
	outer(&found, false);
	ck_assert(!found);
	look_for(list, 1, (uintptr_t)descend);
	outer(&found, false);
	ck_assert(!found);
	look_for(list, 0, 0);
	outer(&found, false);
	ck_assert(!found);
	/* The barrier is behind it. */
	const uintptr_t inner[] = {(uintptr_t)descend};
	look_for(inner, 1, (uintptr_t)outer);
	outer(&found, false);
	ck_assert(found);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("caller");
	TCase *const tests = tcase_create("caller");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(tests, innermost);
	tcase_add_test(tests, again_and_again);
	tcase_add_test(tests, nothing_to_find);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
