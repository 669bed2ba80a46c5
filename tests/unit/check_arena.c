/* SPDX-License-Identifier: MIT */
/* Arenas from the area: which ones it serves, and that no two interpreters get the same. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "importer/memory/arena.h"
#include "importer/memory/pages.h"

enum { MIB = 1 << 20, AREA_SIZE = 8 * MIB, THREADS = 4, ROUNDS = 5000, HELD = 6 };

static PyObjectArenaAllocator installed;

/* --- what the interpreter and the kernel would do */

static void *map(void *context, size_t size)
{
	(void)context;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void unmap(void *context, void *memory, size_t size)
{
	(void)context;
	munmap(memory, size);
}

void PyObject_GetArenaAllocator(PyObjectArenaAllocator *allocator)
{
	*allocator = (PyObjectArenaAllocator){.alloc = map, .free = unmap};
}

void PyObject_SetArenaAllocator(PyObjectArenaAllocator *allocator)
{
	installed = *allocator;
}

/* --- tests */

static bool is_inside(const struct arena *arena, const char *memory)
{
	return memory >= arena->start && memory < arena->start + arena_size(arena);
}

static char *get(size_t size)
{
	char *const memory = installed.alloc(installed.ctx, size);

	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(memory[0], 0);
	return memory;
}

START_TEST(places)
{
	struct arena arena = {0};
	char *all[AREA_SIZE / MIB];

	arena_install(&arena, arena_round(AREA_SIZE + MIB));
	ck_assert_uint_eq(arena_size(&arena), AREA_SIZE);
	for (size_t i = 0; i < AREA_SIZE / MIB; i++) {
		all[i] = get(MIB);
		ck_assert_ptr_eq(all[i], arena.start + i * MIB);
	}
	char *const more = get(MIB);
	ck_assert(!is_inside(&arena, more));
	installed.free(installed.ctx, more, MIB);
	/* What was given back is found again, empty. */
	memset(all[3], 1, MIB);
	installed.free(installed.ctx, all[3], MIB);
	ck_assert_ptr_eq(get(MIB / 4), all[3]);
	ck_assert_ptr_eq(get(MIB / 4), all[3] + MIB / 4);
}
END_TEST

START_TEST(sizes)
{
	static const size_t odd[] = {4096, MIB + 4096, 3 * MIB, 2 * AREA_SIZE, 32 * MIB};
	struct arena arena = {0};

	arena_install(&arena, AREA_SIZE);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		char *const memory = get(odd[i]);
		ck_assert(!is_inside(&arena, memory));
		installed.free(installed.ctx, memory, odd[i]);
	}
	ck_assert_ptr_eq(get(MIB), arena.start);
}
END_TEST

/* A quarter of a huge page may be wasted. */
START_TEST(rounded)
{
	ck_assert_uint_eq(arena_round(0), 0);
	ck_assert_uint_eq(arena_round(MIB * 3 / 2 - 1), 0);
	ck_assert_uint_eq(arena_round(MIB * 3 / 2), 2 * MIB);
	ck_assert_uint_eq(arena_round(3 * MIB), 2 * MIB);
	ck_assert_uint_eq(arena_round(MIB / 2 * 7), 4 * MIB);
	ck_assert_uint_eq(arena_round(SIZE_MAX), 128 * MIB);
}
END_TEST

START_TEST(none)
{
	struct arena arena = {0};

	arena_install(&arena, arena_round(MIB));
	ck_assert_uint_eq(arena_size(&arena), 0);
	ck_assert_ptr_null(installed.alloc);
}
END_TEST

/* Each arena is marked with who has it. */
static void *take_and_give(void *mark)
{
	unsigned int seed = *(unsigned char *)mark;
	char *held[HELD] = {0};

	for (int i = 0; i < ROUNDS; i++) {
		char **const one = &held[(unsigned int)rand_r(&seed) % HELD];
		if (*one == NULL) {
			*one = get(MIB);
			**one = *(char *)mark;
		} else {
			ck_assert_int_eq(**one, *(char *)mark);
			installed.free(installed.ctx, *one, MIB);
			*one = NULL;
		}
	}
	for (int i = 0; i < HELD; i++)
		if (held[i] != NULL)
			installed.free(installed.ctx, held[i], MIB);
	return NULL;
}

START_TEST(threads)
{
	static char marks[THREADS] = {1, 2, 3, 4};
	struct arena arena = {0};
	pthread_t all[THREADS];

	arena_install(&arena, AREA_SIZE);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&all[i], NULL, take_and_give, &marks[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(all[i], NULL);
	for (size_t i = 0; i < ARENA_SLOTS / ARENA_SLOTS_IN_WORD; i++)
		ck_assert(arena.in_use[i] == 0);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("arena");
	TCase *const arenas = tcase_create("arenas");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(arenas, places);
	tcase_add_test(arenas, sizes);
	tcase_add_test(arenas, none);
	tcase_add_test(arenas, rounded);
	tcase_add_test(arenas, threads);
	suite_add_tcase(suite, arenas);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
