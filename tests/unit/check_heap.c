/* SPDX-License-Identifier: MIT */
/* memory/heap.h: huge pages for malloc()'s heap leave what malloc() keeps there as it is. */
#include <check.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/memory/heap.h"
#include "importer/memory/pages.h"

enum {
	GRANULE = 16, /* malloc()'s blocks are multiples of it */
	PAGE = 4096,
	TOP_PAD = 128 << 10, /* what glibc's heap grows by in addition */
	BLOCKS = 1000,       /* no multiple of 7, as the order of freeing asks for */
	THREADS = 4,
};

/* Sanitizers and valgrind bring an allocator of their own, which moves no break and is left alone. */
static size_t size_to_be_had(size_t size)
{
	const void *const end = sbrk(0);
	void *pieces[4];
	bool is_moved = false;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		pieces[i] = malloc(100 << 10);
		is_moved = is_moved || sbrk(0) != end;
	}
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		free(pieces[i]);
	return is_moved ? size : 0;
}

/* Sizes from a few bytes on, in an order that looks random; some are larger than a huge page. */
static size_t size_of(unsigned int number)
{
	const unsigned int mixed = number * 2654435761U;

	return number % 500 == 7 ? (3U << 20) + mixed % 100000 : 1 + (mixed >> 8) % 9000;
}

/* Compilers leave out what is allocated and not looked at. */
static void *allocate(size_t size)
{
	void *volatile block = malloc(size);

	ck_assert_ptr_nonnull(block);
	return block;
}

/* Allocate blocks, write to all of each, compare, and free them in another order. */
static void use_heap(unsigned int seed)
{
	unsigned char **const blocks = calloc(BLOCKS, sizeof(*blocks));

	ck_assert_ptr_nonnull(blocks);
	for (unsigned int i = 0; i < BLOCKS; i++) {
		const size_t size = size_of(seed + i);
		blocks[i] = allocate(size);
		memset(blocks[i], (int)(i % 251), size);
	}
	for (unsigned int i = 0; i < BLOCKS; i++) {
		const unsigned int at = i * 7 % BLOCKS;
		ck_assert_uint_eq(blocks[at][0], at % 251);
		ck_assert_uint_eq(blocks[at][size_of(seed + at) - 1], at % 251);
		free(blocks[at]);
	}
	free(blocks);
}

static size_t bytes_before_last_small_page(void)
{
	return -((uintptr_t)sbrk(0) + PAGE) % PAGES_HUGE;
}

/* What is allocated is never given back. */
static void use_up(size_t size)
{
	static void *volatile last;

	last = allocate(size);
	ck_assert_ptr_nonnull(last);
}

/*
 * Let the heap end where it need not be moved to have a huge page behind its next page: then it is not
 * begun anew, and blocks can lie anywhere. About `room` bytes are free at its end.
 */
static void end_heap_before_huge_page(size_t room)
{
	const size_t pages = (room / PAGE + 1) * PAGE;
	const size_t before = bytes_before_last_small_page();

	mallopt(M_TOP_PAD, 0);
	if (before > pages + 64 * PAGE)
		ck_assert_ptr_ne(sbrk((intptr_t)(before - pages - 64 * PAGE)), (void *)-1);
	/* What is free in the old part is to be used up. */
	for (int i = 0; i < 500; i++)
		use_up(1);
	while (bytes_before_last_small_page() != pages)
		use_up(PAGE - 2 * GRANULE);
	mallopt(M_TOP_PAD, (int)(pages - 4 * GRANULE));
	while (bytes_before_last_small_page() != 0)
		use_up(GRANULE);
	use_up(PAGE - room % PAGE);
	mallopt(M_TOP_PAD, TOP_PAD);
}

/* glibc compares what it has written before and behind a block when the block is freed. */
static bool is_whole(size_t size)
{
	void *volatile block = malloc(size);

	free(block);
	return block != NULL;
}

static void try_room(size_t room, size_t wanted)
{
	const pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (wanted > 0)
			end_heap_before_huge_page(room);
		if (heap_want_huge(wanted) != wanted)
			_exit(1);
		_exit(is_whole(wanted + PAGE) ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "with %zu bytes free at the end of the heap: status %x", room,
		      (unsigned int)status);
}

/* One in all of these is such that a block begins right behind what is renewed. */
START_TEST(any_room)
{
	const size_t wanted = size_to_be_had(PAGES_HUGE);
	const size_t step = wanted > 0 ? GRANULE : TOP_PAD / 8;

	for (size_t room = step; room < TOP_PAD; room += step)
		try_room(room, wanted);
}
END_TEST

/* What is free already may be larger or smaller than what is asked for. */
START_TEST(any_free_block)
{
	char *const hole = allocate((size_t)_i * 7001 + 1);
	char *const behind = allocate(100);

	free(hole);
	heap_want_huge(2 * (size_t)PAGES_HUGE);
	use_heap((unsigned int)_i);
	free(behind);
}
END_TEST

static void *allocate_meanwhile(void *stop)
{
	unsigned int turn = 0;

	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
		use_heap(turn++);
	return NULL;
}

START_TEST(other_threads)
{
	pthread_t threads[THREADS];
	bool stop = false;

	mallopt(M_ARENA_MAX, 1); /* all threads take from the heap */
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, allocate_meanwhile, &stop), 0);
	ck_assert_uint_eq(heap_want_huge(PAGES_HUGE), 0);
	use_heap(1);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(nothing_is_asked_for)
{
	void *const end = sbrk(0);

	ck_assert_uint_eq(heap_want_huge(0), 0);
	ck_assert_ptr_eq(sbrk(0), end);
}
END_TEST

START_TEST(more_than_can_be_had)
{
	ck_assert_uint_eq(heap_want_huge((size_t)512 << 20), 0);
	use_heap(2);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("heap");
	TCase *const rooms = tcase_create("rooms");
	TCase *const others = tcase_create("others");

	tcase_set_timeout(rooms, 120);
	tcase_set_timeout(others, 120);
	tcase_add_test(rooms, any_room);
	tcase_add_loop_test(others, any_free_block, 0, 40);
	tcase_add_test(others, other_threads);
	tcase_add_test(others, nothing_is_asked_for);
	tcase_add_test(others, more_than_can_be_had);
	suite_add_tcase(suite, rooms);
	suite_add_tcase(suite, others);

	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
