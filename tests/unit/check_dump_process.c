/* SPDX-License-Identifier: MIT */
/*
 * snapshot/dump/dump.h: the words of a process that belong to it alone, what the kernel knows of its thread, and
 * that it goes on as it was; snapshot/dump/break.h.
 */
#include "tests/unit/dumped.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "importer/snapshot/dump/thread.h"
#include "importer/snapshot/vdso.h"
#include "lib/digest.h"

extern void *__curbrk; /* the C library's idea of the program break */

/* Since Linux 6.3. */
#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

/* --- words */

static void *pointers[5]; /* to the stack */
static uint64_t vdso_word;

/* As glibc has them, the number in either half of the word before or behind the list; and elsewhere. */
static struct {
	int32_t before[2];
	char **list;
	int32_t behind[2];
	int32_t other[2];
} numbers;

static void keep_pointers(void)
{
	struct initial_stack stack;

	initial_stack_find(arguments, &stack);
	pointers[0] = (void *)(uintptr_t)stack.pointer;
	pointers[1] = stack.environment;
	pointers[2] = (void *)(uintptr_t)stack.auxv;
	pointers[3] = (void *)(uintptr_t)stack.random;
	pointers[4] = arguments[0];
	vdso_word = (uintptr_t)stack.vdso + 123;
	numbers.list = arguments;
	numbers.before[1] = numbers.behind[0] = numbers.other[0] = (int32_t)*stack.pointer;
}

static void expect_fixup(const struct dumped *dumped, const void *address, enum fixup_kind kind,
			 int addend)
{
	const struct snapshot_fixup *const fixup = fixup_at(dumped, address);

	ck_assert_ptr_nonnull(fixup);
	ck_assert_uint_eq(fixup->kind, kind);
	ck_assert_int_eq(fixup->addend, addend);
}

START_TEST(known_words)
{
	struct dumped *const dumped = make_dumped(keep_pointers);

	expect_fixup(dumped, &pointers[0], FIXUP_STACK, 0);
	expect_fixup(dumped, &pointers[1], FIXUP_ENVIRONMENT, 0);
	expect_fixup(dumped, &pointers[2], FIXUP_AUXV, 0);
	expect_fixup(dumped, &pointers[3], FIXUP_RANDOM, 0);
	expect_fixup(dumped, &pointers[4], FIXUP_ARGUMENT, 0);
	expect_fixup(dumped, &vdso_word, FIXUP_VDSO, 123);
	expect_fixup(dumped, &environ, FIXUP_ENVIRONMENT, 0);
	expect_fixup(dumped, &program_invocation_name, FIXUP_ARGUMENT, 0);
	expect_fixup(dumped, &program_invocation_short_name, FIXUP_NAME, 0);
	expect_fixup(dumped, &__curbrk, FIXUP_BREAK, 0);
	expect_fixup(dumped, &numbers.list, FIXUP_ARGV, 0);
	expect_fixup(dumped, &numbers.before[1], FIXUP_ARGC, 0);
	expect_fixup(dumped, &numbers.behind[0], FIXUP_ARGC, 0);
	ck_assert_ptr_null(fixup_at(dumped, &numbers.other[0]));
	end_dumped(dumped);
}
END_TEST

static void *end_of_stack(void)
{
	struct seen all[MAPS_MAX]; /* on the stack, for it has addresses of that */
	const size_t count = look_at_maps(getpid(), all);

	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, "[stack]") == 0)
			return (void *)(uintptr_t)all[i]
				.end; /* NOLINT(performance-no-int-to-ptr) */
	ck_abort_msg("there is no stack");
	return NULL;
}

static void *bounds[3]; /* the lowest address that the stack may have, one in between, its end */

static void keep_bounds(void)
{
	pthread_attr_t attributes;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &bounds[0], &size);
	bounds[1] = (char *)bounds[0] + size / 2;
	bounds[2] = end_of_stack();
	pthread_attr_destroy(&attributes);
}

/* Programs keep the bounds of their stack, too: CPython does so since 3.14. */
START_TEST(bounds_of_stack)
{
	const void *renewed[] = {&bounds[0], &bounds[1], &bounds[2]};
	struct asked asked;
	struct dump dump;
	struct pyb_error error = {0};
	unsigned int found = 0;

	ask(&asked);
	keep_bounds();
	asked.request.renewed = renewed;
	asked.request.renewed_count = 3;
	ck_assert_int_eq(snapshot_dump(&asked.request, &dump, &error), PYB_OK);
	for (uint32_t i = 0; i < dump.snapshot.fixup_count; i++)
		for (size_t j = 0; j < 3; j++)
			found += dump.snapshot.fixups[i].address == (uintptr_t)&bounds[j] &&
				 dump.snapshot.fixups[i].kind == FIXUP_NULL;
	ck_assert_uint_eq(found, 3);
	dump_free(&dump);
	/* None of them goes unnoticed. */
	for (size_t j = 0; j < 3; j++) {
		renewed[j] = NULL;
		expect_refusal(&asked, PYB_ERR_AGAIN, "an address of the stack");
		renewed[j] = &bounds[j];
	}
}
END_TEST

static volatile uintptr_t gone;

/* Keep the address of a variable of a function that has returned. */
static __attribute__((noinline)) void leave_frame(void)
{
	volatile char variable[64 << 10];

	variable[0] = 0;
	gone = (uintptr_t)&variable[0];
}

/* Nobody can make use of it any longer. */
START_TEST(frame_that_is_gone)
{
	leave_frame();
	struct dumped *const dumped = make_dumped(NULL);
	expect_fixup(dumped, (const void *)&gone, FIXUP_NULL, 0);
	end_dumped(dumped);
}
END_TEST

/* Without a slash the first argument and the name of the program are the same text, but not the same. */
START_TEST(name_without_folder)
{
	arguments[0] = program_invocation_short_name;
	program_invocation_name = arguments[0];
	struct dumped *const dumped = make_dumped(NULL);
	expect_fixup(dumped, &program_invocation_name, FIXUP_ARGUMENT, 0);
	expect_fixup(dumped, &program_invocation_short_name, FIXUP_NAME, 0);
	end_dumped(dumped);
}
END_TEST

/* setenv() copies the list of variables: most of them are still those on the stack, and of no use. */
START_TEST(copied_environment)
{
	ck_assert_int_eq(setenv("PYSTART_CHECK_DUMP", "1", 1), 0);
	struct dumped *const dumped = make_dumped(NULL);
	struct initial_stack stack;
	unsigned int old = 0;

	ck_assert(initial_stack_find(arguments, &stack));
	ck_assert_ptr_ne(environ, stack.environment);
	for (char **variable = environ; *variable != NULL; variable++) {
		if ((uintptr_t)*variable < (uintptr_t)stack.pointer)
			continue;
		expect_fixup(dumped, variable, FIXUP_NULL, 0);
		old++;
	}
	ck_assert_uint_gt(old, 0);
	ck_assert_ptr_null(fixup_at(dumped, &environ));
	end_dumped(dumped);
}
END_TEST

START_TEST(one_of_each_kind)
{
	static const enum fixup_kind once[] = {FIXUP_THREAD_ID, FIXUP_CANARY, FIXUP_BREAK};
	struct dumped *const dumped = make_dumped(NULL);
	unsigned int counts[FIXUP_KINDS] = {0};

	for (uint32_t i = 0; i < dumped->snapshot.fixup_count; i++)
		counts[dumped->snapshot.fixups[i].kind]++;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		ck_assert_uint_eq(counts[once[i]], 1);
	/* A frame, and the end of the vdso in the table of objects. */
	ck_assert_uint_eq(counts[FIXUP_NULL], 2);
	end_dumped(dumped);
}
END_TEST

START_TEST(what_the_kernel_knows)
{
	struct dumped *const dumped = make_dumped(NULL);
	const struct snapshot_thread *const thread = &dumped->snapshot.thread;
	const void *robust = NULL;
	size_t robust_size = 0;

	ck_assert_uint_eq(thread->pointer, (uintptr_t)__builtin_thread_pointer());
	/* The child of a fork has these where its parent has. */
	ck_assert_int_eq(syscall(SYS_get_robust_list, 0, &robust, &robust_size), 0);
	ck_assert_uint_eq(thread->robust_list, (uintptr_t)robust);
	ck_assert_uint_eq(thread->robust_size, robust_size);
	end_dumped(dumped);
}
END_TEST

static void expect_number(const struct dumped *dumped)
{
	pid_t number = 0;

	for (uint32_t i = 0; i < dumped->snapshot.fixup_count; i++)
		if (dumped->snapshot.fixups[i].kind == FIXUP_THREAD_ID)
			read_memory(dumped, dumped->snapshot.fixups[i].address, &number,
				    sizeof(number));
	ck_assert_int_eq(number, dumped->process);
}

static pid_t cleared;

static void have_cleared(void)
{
	syscall(SYS_set_tid_address, &cleared);
}

/* What the kernel clears when the thread ends is the thread's number under some C libraries only. */
START_TEST(number_of_thread)
{
	struct dumped *dumped = make_dumped(NULL);

	expect_number(dumped);
	end_dumped(dumped);
	dumped = make_dumped(have_cleared);
	expect_number(dumped);
	ck_assert_uint_eq(dumped->snapshot.thread.tid_address, (uintptr_t)&cleared);
	end_dumped(dumped);
}
END_TEST

enum { RSEQ_UNREGISTER = 1 };

static long call_rseq(const struct snapshot_thread *thread, int flags)
{
	return syscall(SYS_rseq, thread->rseq, thread->rseq_size, flags, thread->rseq_signature);
}

/* The kernel takes back only what was registered: with this address, size and signature. */
START_TEST(restartable_sequences)
{
	struct pyb_error error = {0};
	struct snapshot_thread thread;
	struct snapshot_thread without;
	uint64_t number;

	ck_assert_int_eq(thread_describe(&thread, &number, &error), PYB_OK);
	ck_assert(thread.rseq != 0 || getauxval(AT_RSEQ_FEATURE_SIZE) == 0);
	if (thread.rseq == 0)
		return;
	ck_assert_int_eq(call_rseq(&thread, RSEQ_UNREGISTER), 0);
	/* Asking does not register. */
	ck_assert_int_eq(thread_describe(&without, &number, &error), PYB_OK);
	ck_assert_uint_eq(without.rseq, 0);
	ck_assert_int_eq(call_rseq(&thread, 0), 0);
}
END_TEST

/* From where the data begins up to the vdso. */
static uint64_t size_of_vdso_data(pid_t process)
{
	struct seen all[MAPS_MAX];
	const size_t count = look_at_maps(process, all);
	uint64_t size = 0;

	for (size_t i = 0; i < count; i++)
		if (strncmp(all[i].name, "[vvar", 5) == 0)
			size += all[i].end - all[i].start;
	return size;
}

START_TEST(vdso)
{
	struct dumped *const dumped = make_dumped(NULL);
	const uint8_t *const here_too = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);

	ck_assert_uint_eq(dumped->snapshot.vdso_size, vdso_size(here_too));
	ck_assert_uint_eq(dumped->snapshot.vdso_digest,
			  pyb_digest64(here_too, vdso_size(here_too)));
	ck_assert_uint_eq(dumped->snapshot.vdso_data_size, size_of_vdso_data(dumped->process));
	end_dumped(dumped);
}
END_TEST

/* --- the dump leaves the process as it was */

START_TEST(twice)
{
	struct asked asked;
	struct dump one;
	struct pyb_error error = {0};

	ask(&asked);
	ck_assert_int_eq(snapshot_dump(&asked.request, &one, &error), PYB_OK);
	dump_free(&one);
	ck_assert_ptr_null(one.memory);
	dump_free(&one);
	ck_assert_int_eq(snapshot_dump(&asked.request, &one, &error), PYB_OK);
	dump_free(&one);
	close(asked.request.pages);
	int left[DESCRIPTORS_MAX];
	ck_assert_uint_eq(list_descriptors(left), asked.request.kept_count);
}
END_TEST

/* The first thread can end by itself: the C library still knows where to. */
START_TEST(thread_can_end)
{
	struct asked asked;
	struct dump dump;
	struct pyb_error error = {0};
	int status = -1;

	ask(&asked);
	const pid_t child = fork();
	if (child == 0) {
		if (snapshot_dump(&asked.request, &dump, &error) != PYB_OK)
			_exit(1);
		dump_free(&dump);
		pthread_exit(NULL);
	}
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* --- malloc() and the break */

/* Compilers leave out what is allocated and not looked at. */
static void allocate_much(void)
{
	for (size_t i = 0; i < 1000; i++) {
		void *volatile block = malloc(10000);
		ck_assert_ptr_nonnull(block);
	}
}

START_TEST(break_is_left_alone)
{
	struct pyb_error error = {0};
	void *const end = sbrk(0);

	ck_assert_int_eq(break_leave_alone(&error), PYB_OK);
	allocate_much();
	ck_assert_ptr_eq(sbrk(0), end);
	/* A second time it is so already. */
	ck_assert_int_eq(break_leave_alone(&error), PYB_OK);
}
END_TEST

/*
 * Take the break back to where a block begins, and leave the heap behind that block as it is: moved aside
 * meanwhile, since the kernel unmaps what is above the break. Nothing here may look at the heap.
 */
static bool lower_break(const uint8_t *block, size_t size)
{
	const uintptr_t low = ((uintptr_t)block + PAGE - 1) / PAGE * PAGE;
	uint8_t *const high = (uint8_t *)(((uintptr_t)block + size) / PAGE * PAGE);
	const size_t rest = (size_t)((uint8_t *)sbrk(0) - high);
	void *const aside = mmap(NULL, rest, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;

	if (mremap(high, rest, rest, flags, aside) != aside)
		return false;
	__curbrk = (void *)syscall(SYS_brk, low);
	return mremap(aside, rest, rest, flags, high) == high && (uintptr_t)__curbrk == low;
}

/* As a process that is restored may find it: the break is below the heap. */
START_TEST(break_elsewhere)
{
	static const size_t size = 32 << 20;
	struct pyb_error error = {0};

	ck_assert_int_eq(mallopt(M_MMAP_THRESHOLD, (int)(2 * size)), 1);
	uint8_t *const block = malloc(size);
	ck_assert(block < (uint8_t *)sbrk(0));
	ck_assert_int_eq(break_leave_alone(&error), PYB_OK);
	ck_assert(lower_break(block, size));
	void *const low = sbrk(0);
	allocate_much();
	ck_assert_ptr_ne(sbrk(0), low);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *const suite = suite_create("dump_process");
	TCase *const words = tcase_create("words");
	TCase *const kernel = tcase_create("kernel");
	TCase *const after = tcase_create("after");

	(void)argc;
	tcase_add_test(words, known_words);
	tcase_add_test(words, bounds_of_stack);
	tcase_add_test(words, frame_that_is_gone);
	tcase_add_test(words, name_without_folder);
	tcase_add_test(words, copied_environment);
	tcase_add_test(words, one_of_each_kind);
	tcase_add_test(kernel, what_the_kernel_knows);
	tcase_add_test(kernel, number_of_thread);
	tcase_add_test(kernel, restartable_sequences);
	tcase_add_test(kernel, vdso);
	tcase_add_test(after, twice);
	tcase_add_test(after, thread_can_end);
	tcase_add_test(after, break_is_left_alone);
	tcase_add_test(after, break_elsewhere);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, kernel);
	suite_add_tcase(suite, after);
	return run_dumps(suite, argv);
}
