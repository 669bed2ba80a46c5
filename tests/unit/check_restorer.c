/* SPDX-License-Identifier: MIT */
/*
 * snapshot/restore/restorer.h and steps.h: the code that goes through a list, copied elsewhere as it is for a
 * snapshot. Each kind of step, what is compared, and where it goes when something else came back.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/snapshot/restore/restorer.h"
#include "importer/snapshot/restore/steps.h"

enum { PAGE = 64 << 10, STEPS = 32, STATUS = 42, FAILED = 9, PIPE = 9 };

struct told {
	uint64_t words[3];
	uint64_t argument;
	uintptr_t stack;
	uintptr_t thread;
};

static uint64_t words[3];
static char *memory; /* the code, the list, a stack */

static struct steps begin(void)
{
	memory = mmap(NULL, (size_t)3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	memcpy(memory, restorer_begin, restorer_size());
	__builtin___clear_cache(memory, memory + restorer_size());
	ck_assert_int_eq(mprotect(memory, PAGE, PROT_READ | PROT_EXEC), 0);
	memset(words, 0xee, sizeof(words));
	return (struct steps){.list = (struct restore_list *)(void *)(memory + PAGE),
			      .capacity = STEPS};
}

static void add_failure(struct steps *steps)
{
	steps_begin_failure(steps);
	steps_call(steps, RESTORE_ANY, SYS_exit_group, FAILED);
}

/* Where a list leads to. */
static __attribute__((used)) _Noreturn void tell(uint64_t argument)
{
	struct told told = {.argument = argument,
			    .stack = (uintptr_t)__builtin_frame_address(0),
			    .thread = (uintptr_t)__builtin_thread_pointer()};

	memcpy(told.words, words, sizeof(words));
	_exit(write(PIPE, &told, sizeof(told)) == sizeof(told) ? STATUS : 1);
}

static void enter(struct steps *steps)
{
	steps_enter(steps, (uintptr_t)tell, (uintptr_t)memory + (uintptr_t)3 * PAGE, 123456789);
}

/* Go through the list in a process of its own. Returns its status. */
static int run(struct told *told)
{
	void (*code)(const struct restore_list *list);
	int ends[2], status;

	memset(told, 0, sizeof(*told));
	memcpy(&code, &memory, sizeof(code));
	ck_assert_int_eq(pipe(ends), 0);
	const pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], PIPE);
		code((const struct restore_list *)(void *)(memory + PAGE));
		_exit(1);
	}
	close(ends[1]);
	(void)!read(ends[0], told, sizeof(*told));
	close(ends[0]);
	waitpid(child, &status, 0);
	munmap(memory, (size_t)3 * PAGE);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(it_enters)
{
	struct steps steps = begin();
	struct told told;

	enter(&steps);
	add_failure(&steps);
	ck_assert(steps_fit(&steps));
	ck_assert_int_eq(run(&told), STATUS);
	ck_assert_uint_eq(told.argument, 123456789);
	ck_assert_uint_ge(told.stack, (uintptr_t)memory + (uintptr_t)2 * PAGE);
	ck_assert_uint_lt(told.stack, (uintptr_t)memory + (uintptr_t)3 * PAGE);
}
END_TEST

START_TEST(it_writes)
{
	struct steps steps = begin();
	struct told told;

	steps_write_word(&steps, (uintptr_t)&words[0], UINT64_C(0x0123456789abcdef));
	steps_write_half(&steps, (uintptr_t)&words[2], UINT32_C(0x87654321));
	enter(&steps);
	add_failure(&steps);
	ck_assert_int_eq(run(&told), STATUS);
	ck_assert_uint_eq(told.words[0], UINT64_C(0x0123456789abcdef));
	ck_assert_uint_eq(told.words[1], UINT64_C(0xeeeeeeeeeeeeeeee));
	ck_assert_uint_eq(told.words[2], UINT64_C(0xeeeeeeee87654321));
}
END_TEST

START_TEST(it_sets_the_thread)
{
	const uint64_t pointer = (uintptr_t)__builtin_thread_pointer();
	struct steps steps = begin();
	struct told told;

	steps_set_thread_pointer(&steps, pointer);
	enter(&steps);
	add_failure(&steps);
	ck_assert_int_eq(run(&told), STATUS);
	ck_assert_uint_eq(told.thread, pointer);
}
END_TEST

/* All six arguments arrive, and what comes back is compared as a whole. */
START_TEST(it_calls)
{
	const uint64_t address = UINT64_C(0x210000000000);
	struct steps steps = begin();
	struct told told;

	steps_call(&steps, address, SYS_mmap, address, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0);
	steps_write_word(&steps, address + 8, 7);
	steps_call(&steps, 0, SYS_munmap, address, PAGE);
	steps_call(&steps, -9 /* EBADF */, SYS_close, 12345);
	steps_call(&steps, RESTORE_ANY, SYS_close, 12345);
	enter(&steps);
	add_failure(&steps);
	ck_assert_int_eq(run(&told), STATUS);
}
END_TEST

static const int64_t others[] = {0, 1, -1, -10, INT64_MAX, INT64_MIN, (int64_t)RESTORE_ANY - 1};

START_TEST(it_fails)
{
	struct steps steps = begin();
	struct told told;

	steps_call(&steps, others[_i], SYS_close, 12345);
	enter(&steps);
	add_failure(&steps);
	ck_assert_int_eq(run(&told), FAILED);
}
END_TEST

/* More steps than there is room for are counted. */
START_TEST(too_many)
{
	struct steps steps = begin();

	for (int i = 0; i < STEPS; i++)
		steps_write_word(&steps, 0, 0);
	ck_assert(steps_fit(&steps));
	steps_write_word(&steps, 0, 0);
	ck_assert(!steps_fit(&steps));
	ck_assert_uint_eq(steps.count, STEPS + 1);
}
END_TEST

int main(void)
{
	Suite *const suite = suite_create("restorer");
	TCase *const cases = tcase_create("steps");
	SRunner *const runner = srunner_create(suite);

	tcase_add_test(cases, it_enters);
	tcase_add_test(cases, it_writes);
	tcase_add_test(cases, it_sets_the_thread);
	tcase_add_test(cases, it_calls);
	tcase_add_loop_test(cases, it_fails, 0, sizeof(others) / sizeof(others[0]));
	tcase_add_test(cases, too_many);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
