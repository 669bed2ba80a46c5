/* SPDX-License-Identifier: MIT */
/* snapshot/dump/dump.h: words that nobody knows, a process that changes meanwhile, and what is around it fails. */
#include "tests/unit/dumped.h"

#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>

static void *map_page(int descriptor, int more_flags)
{
	void *const memory =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | more_flags, descriptor, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

/* --- addresses of the stack that nobody knows */

static void *volatile unknown; /* in the program's own data */

START_TEST(unknown_word_of_program)
{
	struct asked asked;

	ask(&asked);
	unknown = &asked;
	expect_refusal(&asked, PYB_ERR_AGAIN, "check_dump_faults + 0x");
}
END_TEST

START_TEST(unknown_word_in_memory)
{
	struct asked asked;
	void **const memory = map_page(-1, MAP_ANONYMOUS);

	ask(&asked);
	memory[3] = arguments[0] + 1;
	expect_refusal(&asked, PYB_ERR_AGAIN, "(memory without a name)");
	expect_refusal(&asked, PYB_ERR_AGAIN, "the text of an argument");
	memory[3] = getenv("PATH");
	expect_refusal(&asked, PYB_ERR_AGAIN, "the text of the variable PATH;");
	memory[3] = &asked;
	expect_refusal(&asked, PYB_ERR_AGAIN, "an address of the stack;");
	/* What merely looks like an address is no other thing. */
	memory[3] = NULL;
	memcpy((char *)memory + 4, &(void *){&asked}, sizeof(void *));
	struct pyb_error error = {0};
	struct dump dump;
	ck_assert_int_eq(snapshot_dump(&asked.request, &dump, &error), PYB_OK);
	dump_free(&dump);
}
END_TEST

/* --- where the kernel has put things */

/* As much below the stack as stacks need; others may have theirs there. */
START_TEST(where_stacks_are)
{
	enum { BELOW = 40 << 20 };
	struct asked asked;

	ask(&asked);
	const uintptr_t address = ((uintptr_t)asked.stack.pointer - BELOW) / PAGE * PAGE;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	ck_assert_ptr_ne(mmap((void *)address, PAGE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 MAP_FAILED);
	expect_refusal(&asked, PYB_ERR_AGAIN, "lies where other processes have their stack");
}
END_TEST

/* --- the process changes meanwhile */

static uint8_t *changed; /* of a file, not written to */
static int change_told;  /* a descriptor */

static void change(int signal)
{
	(void)signal;
	changed[0] = 1;
	(void)!write(change_told, "", 1);
}

static _Noreturn void dump_into(struct asked *asked)
{
	struct pyb_error error = {0};
	struct dump dump;

	const enum pyb_status status = snapshot_dump(&asked->request, &dump, &error);
	_exit(status == PYB_ERR_AGAIN && strstr(error.text, "changed while") != NULL ? 0 : 1);
}

/*
 * The pages go into a pipe that is not read until it is full and a handler has written to a page that had
 * been the file's.
 */
START_TEST(changes_meanwhile)
{
	struct asked asked;
	int pages[2];
	int told[2];
	char bytes[4096];
	int filled = 0;
	int status = -1;

	ck_assert_int_eq(pipe(pages) | pipe(told), 0);
	name_file("file");
	const int descriptor = open(file_path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(descriptor, PAGE), 0);
	changed = map_page(descriptor, 0);
	close(descriptor);
	change_told = told[1];
	signal(SIGUSR1, change);
	ask(&asked);
	close(asked.request.pages);
	asked.request.pages = pages[1];
	const pid_t child = fork();
	if (child == 0)
		dump_into(&asked);
	close(pages[1]);
	while (filled < fcntl(pages[0], F_GETPIPE_SZ))
		ck_assert_int_eq(ioctl(pages[0], FIONREAD, &filled), 0);
	kill(child, SIGUSR1);
	ck_assert_int_eq(read(told[0], bytes, 1), 1);
	while (read(pages[0], bytes, sizeof(bytes)) > 0)
		continue;
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
	remove_folder();
}
END_TEST

/* --- what is around it fails */

START_TEST(no_descriptors)
{
	struct asked asked;
	struct rlimit limit;
	enum pyb_status status = PYB_ERR_MEMORY;
	unsigned int rounds = 0;

	ask(&asked);
	getrlimit(RLIMIT_NOFILE, &limit);
	for (limit.rlim_cur = 3; status != PYB_OK; limit.rlim_cur++, rounds++) {
		struct pyb_error error = {0};
		struct dump dump;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		status = snapshot_dump(&asked.request, &dump, &error);
		ck_assert(status == PYB_OK || status == PYB_ERR_MEMORY);
		ck_assert_int_eq(error.status, status);
		dump_free(&dump);
	}
	ck_assert_uint_gt(rounds, 3);
}
END_TEST

START_TEST(no_memory)
{
	struct asked asked;
	struct rlimit limit;

	ask(&asked);
	getrlimit(RLIMIT_AS, &limit);
	limit.rlim_cur = PAGE;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	expect_refusal(&asked, PYB_ERR_MEMORY, "bytes for the tables of a snapshot");
}
END_TEST

START_TEST(full_disk)
{
	struct asked asked;

	ask(&asked);
	close(asked.request.pages);
	asked.request.pages = open("/dev/full", O_WRONLY);
	expect_refusal(&asked, PYB_ERR_MEMORY, "cannot be written");
}
END_TEST

START_TEST(no_proc)
{
	struct asked asked;

	ask(&asked);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) != 0)
		return;
	expect_refusal(&asked, PYB_ERR_IO, "/proc/self/status cannot be opened");
}
END_TEST

int main(int argc, char **argv)
{
	Suite *const suite = suite_create("dump_faults");
	TCase *const words = tcase_create("words");
	TCase *const faults = tcase_create("faults");

	(void)argc;
	tcase_add_test(words, unknown_word_of_program);
	tcase_add_test(words, unknown_word_in_memory);
	tcase_add_test(words, where_stacks_are);
	tcase_add_test(faults, changes_meanwhile);
	tcase_add_test(faults, no_descriptors);
	tcase_add_test(faults, no_memory);
	tcase_add_test(faults, full_disk);
	tcase_add_test(faults, no_proc);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, faults);
	return run_dumps(suite, argv);
}
