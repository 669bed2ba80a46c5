/* SPDX-License-Identifier: MIT */
/*
 * snapshot/restore/restore.h: a process becomes what a snapshot says, or stays as it was. The snapshot is made by
 * hand: a few pages, and a function in them that writes what it finds there to a pipe.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/snapshot/restore/new_values.h"
#include "importer/snapshot/restore/restore.h"
#include "importer/snapshot/vdso.h"
#include "lib/digest.h"
#include "lib/timestamp.h"

/* Where the snapshot is in memory. Numbers that the assembly below can take. */
#define CODE 0x210000000000
#define DATA 0x210000010000
#define SHOWN_PAGES 5
#define PAGE 4096
#define SHOWN 20480 /* bytes: SHOWN_PAGES of PAGE */
#define PIPE 9      /* the descriptor to write to */
#define STATUS 42   /* to end with */

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

enum { PAGE_CODE, PAGE_DATA, PAGE_READ_ONLY, PAGE_COUNT }; /* in the file of pages, behind one */
enum { AREA = 32 };                                        /* bytes of the restartable sequences' */
enum { VDSO_DATA = 64 << 10 }; /* more than there is: what lies there stays */
enum { SEGMENT_COUNT = 6, LAST = SEGMENT_COUNT - 1, FIXUP_COUNT = FIXUP_KINDS + 1, MARK = 0x5a };

/* The function of the snapshot: it needs its stack, and DATA. */
extern const uint8_t image_begin[];
extern const uint8_t image_end[];
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	"image_begin:\n"
	"	push %rdi\n" /* there has to be a stack */
	"	mov $" TEXT(
		__NR_write) ", %eax\n"
			    "	mov $" TEXT(
				    PIPE) ", %edi\n"
					  "	movabs $" TEXT(
						  DATA) ", %rsi\n"
							"	mov $" TEXT(
								SHOWN) ", %edx\n"
								       "	syscall\n"
								       "	mov $" TEXT(
									       __NR_write) ", %eax\n"
											   "	mov %rsp, %rsi\n"
											   "	mov $8, %edx\n"
											   "	syscall\n"
											   "	mov $" TEXT(
												   __NR_exit_group) ", %eax\n"
														    "	mov $" TEXT(
															    STATUS) ", %edi\n"
																    "	syscall\n"
																    "	hlt\n"
																    "image_end:\n"
																    ".popsection\n");
#else
__asm__(".pushsection .text\n"
	"image_begin:\n"
	"	str x0, [sp, #-16]!\n"
	"	mov x8, #" TEXT(
		__NR_write) "\n"
			    "	mov x0, #" TEXT(
				    PIPE) "\n"
					  "	ldr x1, =" TEXT(
						  DATA) "\n"
							"	mov x2, #" TEXT(
								SHOWN) "\n"
								       "	svc #0\n"
								       "	mov x8, #" TEXT(
									       __NR_write) "\n"
											   "	mov x0, #" TEXT(
												   PIPE) "\n"
													 "	mov x1, sp\n"
													 "	mov x2, #8\n"
													 "	svc #0\n"
													 "	mov x8, #" TEXT(
														 __NR_exit_group) "\n"
																  "	mov x0, #" TEXT(
																	  STATUS) "\n"
																		  "	svc #0\n"
																		  "	.ltorg\n"
																		  "image_end:\n"
																		  ".popsection\n");
#endif

static char **arguments; /* of this program */
static const struct restore_message message = {"", 0};
static char strings[] = "\0/tmp/pystart-check.XXXXXX";
static char *const file_path = strings + 1;

/* A snapshot, and what its parts point to. */
struct sample {
	struct snapshot snapshot;
	struct snapshot_segment segments[SEGMENT_COUNT];
	struct snapshot_fixup fixups[FIXUP_COUNT];
	struct snapshot_file file;
	struct snapshot_pages pages;
	struct initial_stack stack;
};

static void write_page(int descriptor, unsigned int number, const void *bytes, size_t size)
{
	uint8_t page[PAGE];

	memset(page, MARK, sizeof(page));
	memcpy(page, bytes, size);
	ck_assert_int_eq(pwrite(descriptor, page, sizeof(page), (off_t)number * PAGE), PAGE);
}

static int make_pages(void)
{
	const int descriptor = memfd_create("pages", MFD_CLOEXEC);

	ck_assert_int_ge(descriptor, 0);
	write_page(descriptor, 0, "bundle", sizeof("bundle"));
	write_page(descriptor, 1 + PAGE_CODE, image_begin,
		   (uintptr_t)image_end - (uintptr_t)image_begin);
	write_page(descriptor, 1 + PAGE_DATA, "", 0);
	write_page(descriptor, 1 + PAGE_READ_ONLY, "", 0);
	return descriptor;
}

/* Zeros, then a part of a page. */
static void make_file(struct sample *sample)
{
	struct stat status;
	const int descriptor = mkstemp(file_path);

	ck_assert_int_ge(descriptor, 0);
	ck_assert_int_eq(pwrite(descriptor, "end", 3, PAGE), 3);
	ck_assert_int_eq(fstat(descriptor, &status), 0);
	close(descriptor);
	sample->file = (struct snapshot_file){
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.mtime_ns = pyb_timestamp(&status.st_mtim),
		.ctime_ns = pyb_timestamp(&status.st_ctim),
		.path = 1,
	};
}

/*
 * DATA: two pages of the file of pages, the second one read-only; zeros; the bundle's page before those; the
 * end of the file.
 */
static void fill_segments(struct snapshot_segment *segments)
{
	const uint32_t read_write = PROT_READ | PROT_WRITE;

	segments[0] = (struct snapshot_segment){.address = CODE,
						.size = PAGE,
						.source = SEGMENT_PAGES,
						.offset = PAGE_CODE * PAGE,
						.protection = PROT_READ | PROT_EXEC};
	segments[1] = (struct snapshot_segment){.address = DATA,
						.size = PAGE,
						.source = SEGMENT_PAGES,
						.offset = PAGE_DATA * PAGE,
						.protection = read_write};
	segments[2] = (struct snapshot_segment){.address = DATA + PAGE,
						.size = PAGE,
						.source = SEGMENT_PAGES,
						.offset = PAGE_READ_ONLY * PAGE,
						.protection = PROT_READ};
	segments[3] = (struct snapshot_segment){.address = DATA + 2 * PAGE,
						.size = PAGE,
						.source = SEGMENT_ZERO,
						.protection = read_write,
						.advice = ADVICE_ALL};
	segments[4] = (struct snapshot_segment){.address = DATA + 3 * PAGE,
						.size = PAGE,
						.source = SEGMENT_BUNDLE,
						.protection = PROT_READ};
	segments[LAST] = (struct snapshot_segment){.address = DATA + 4 * PAGE,
						   .size = PAGE,
						   .source = SEGMENT_FILE,
						   .offset = PAGE,
						   .protection = PROT_READ};
}

/* One of each kind in the first page, one more in the page that is read-only. */
static void fill_fixups(struct snapshot_fixup *fixups)
{
	for (uint32_t i = 0; i < FIXUP_KINDS; i++)
		fixups[i] = (struct snapshot_fixup){
			.address = DATA + 16 * (uint64_t)i, .kind = i, .addend = (int32_t)i - 3};
	fixups[FIXUP_KINDS] =
		(struct snapshot_fixup){.address = DATA + 2 * PAGE - 8, .kind = FIXUP_ARGV};
}

/* The kernel writes to the area of the restartable sequences, in the page of zeros. */
static void fill_thread(struct snapshot_thread *thread)
{
	thread->entry = CODE;
	thread->robust_size = 24; /* sizeof(struct robust_list_head) */
	if (__rseq_size == 0)
		return;
	thread->rseq = DATA + 2 * PAGE;
	thread->rseq_size = AREA;
	thread->rseq_signature = RSEQ_SIG;
}

static void make_sample(struct sample *sample)
{
	*sample = (struct sample){0};
	ck_assert(initial_stack_find(arguments, &sample->stack));
	fill_segments(sample->segments);
	fill_fixups(sample->fixups);
	make_file(sample);
	sample->pages = (struct snapshot_pages){make_pages(), PAGE, (1 + PAGE_COUNT) * PAGE};
	const uint64_t size = vdso_size(sample->stack.vdso);
	sample->snapshot = (struct snapshot){
		.vdso_size = size,
		.vdso_data_size = VDSO_DATA,
		.vdso_digest = pyb_digest64(sample->stack.vdso, size),
		.segments = sample->segments,
		.segment_count = SEGMENT_COUNT,
		.fixups = sample->fixups,
		.fixup_count = FIXUP_COUNT,
		.files = &sample->file,
		.file_count = 1,
		.strings = strings,
		.strings_size = sizeof(strings),
		.pages_size = PAGE_COUNT * PAGE,
	};
	fill_thread(&sample->snapshot.thread);
}

static void remove_file(void)
{
	unlink(file_path);
	strcpy(file_path + strlen(file_path) - 6, "XXXXXX");
}

/* --- what a snapshot becomes */

struct shown {
	uint8_t pages[SHOWN];
	uint64_t argument; /* what the function got */
};

/* What comes from the other process, and its end. */
static void read_shown(int from, pid_t child, struct shown *shown, struct new_values *values,
		       int *status)
{
	const size_t sizes[] = {sizeof(*values), sizeof(shown->pages), sizeof(shown->argument)};
	void *const parts[] = {values, shown->pages, &shown->argument};

	for (size_t i = 0; i < 3; i++)
		for (size_t got = 0; got < sizes[i];) {
			const ssize_t more = read(from, (uint8_t *)parts[i] + got, sizes[i] - got);
			if (more <= 0)
				break;
			got += (size_t)more;
		}
	close(from);
	ck_assert_int_eq(waitpid(child, status, 0), child);
}

/*
 * In the child: say first what the values are, for some are those of this process alone. What goes wrong
 * is said in the place of the snapshot's pages.
 */
static _Noreturn void become(const struct sample *sample, int to)
{
	struct pyb_error error = {0};
	const struct new_values values = new_values_find(&sample->stack);

	if (dup2(to, PIPE) < 0 || dup2(to, STDERR_FILENO) < 0 ||
	    write(PIPE, &values, sizeof(values)) != sizeof(values))
		_exit(1);
	(void)snapshot_restore(&sample->snapshot, &sample->pages, &message, &sample->stack, &error);
	fprintf(stderr, "%s\n", error.text);
	_exit(2);
}

static void restore_in_child(const struct sample *sample, struct shown *shown,
			     struct new_values *values, int *status)
{
	int ends[2];

	memset(shown, 0, sizeof(*shown));
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		become(sample, ends[1]);
	close(ends[1]);
	read_shown(ends[0], child, shown, values, status);
}

static void check_words(const struct shown *shown, const struct new_values *values)
{
	uint8_t marks[8];
	uint64_t word;

	memset(marks, MARK, sizeof(marks));
	for (uint32_t i = 0; i < FIXUP_KINDS; i++) {
		const uint8_t *const at = shown->pages + (size_t)i * 16;
		const uint64_t value = values->of[i] + i - 3;
		const size_t size = i == FIXUP_THREAD_ID ? 4 : 8;
		ck_assert_msg(memcmp(at, &value, size) == 0, "fix-up of kind %u", i);
		ck_assert_mem_eq(at + size, marks, 8);
	}
	memcpy(&word, shown->pages + 2 * PAGE - 8, sizeof(word));
	ck_assert_uint_eq(word, values->of[FIXUP_ARGV]);
}

START_TEST(memory_is_what_the_snapshot_says)
{
	static const uint8_t zeros[PAGE];
	struct new_values values;
	struct sample sample;
	struct shown shown;
	int status;

	make_sample(&sample);
	restore_in_child(&sample, &shown, &values, &status);
	remove_file();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS);
	check_words(&shown, &values);
	ck_assert_int_eq(shown.pages[PAGE], MARK);
	ck_assert_mem_eq(shown.pages + 2 * PAGE + AREA, zeros, PAGE - AREA);
	ck_assert_mem_eq(shown.pages + 3 * PAGE, "bundle", sizeof("bundle"));
	ck_assert_mem_eq(shown.pages + 4 * PAGE, "end", 4);
	ck_assert_uint_ne(shown.argument, 0);
}
END_TEST

/* Half of the address space, and more than there can be memory for. */
static void ask_for_too_much(struct sample *sample, uint32_t protection)
{
	sample->segments[LAST] = (struct snapshot_segment){.address = UINT64_C(0x220000000000),
							   .size = UINT64_C(0x3f0000000000),
							   .source = SEGMENT_ZERO,
							   .protection = protection};
}

/*
 * Which is found out when there is no way back: what is written to only by fix-ups is not asked for before.
 */
START_TEST(lack_of_memory_ends_the_process)
{
	struct new_values values;
	struct sample sample;
	struct shown shown;
	int status;

	make_sample(&sample);
	ask_for_too_much(&sample, PROT_READ);
	sample.fixups[FIXUP_KINDS].address = sample.segments[LAST].address;
	restore_in_child(&sample, &shown, &values, &status);
	remove_file();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 127);
	ck_assert_str_eq((const char *)shown.pages,
			 "pystart: the snapshot cannot be mapped: out of memory\n");
}
END_TEST

/* --- what is refused, with the process as it was */

static unsigned int count_lines(const char *path)
{
	FILE *const file = fopen(path, "re");
	unsigned int count = 0;
	int byte;

	ck_assert_ptr_nonnull(file);
	while ((byte = getc(file)) != EOF)
		count += byte == '\n';
	fclose(file);
	return count;
}

/* The lowest descriptor that is free. */
static int free_descriptor(void)
{
	const int descriptor = dup(STDERR_FILENO);

	close(descriptor);
	return descriptor;
}

static void expect_refusal(const struct sample *sample, enum pyb_status status, const char *words)
{
	struct pyb_error error = {0};
	const unsigned int mappings = count_lines("/proc/self/maps");
	const int descriptor = free_descriptor();

	ck_assert_int_eq(snapshot_restore(&sample->snapshot, &sample->pages, &message,
					  &sample->stack, &error),
			 status);
	ck_assert_msg(strstr(error.text, words) != NULL, "'%s' is not in '%s'", words, error.text);
	ck_assert_uint_eq(count_lines("/proc/self/maps"), mappings);
	ck_assert_int_eq(free_descriptor(), descriptor);
}

/* Bytes of segments and fix-ups, as they could be in a file: what is changed, and what is said. */
START_TEST(unsound_tables)
{
	struct sample sample;

	make_sample(&sample);
#define REFUSED(change, status, words)                      \
	do {                                                \
		const struct sample sound = sample;         \
		change;                                     \
		expect_refusal(&sample, status, words);     \
		sample = sound;                             \
		sample.snapshot.segments = sample.segments; \
	} while (0)
	struct snapshot_segment *const segments = sample.segments;
	struct snapshot_fixup *const fixups = sample.fixups;
	REFUSED(segments[1].address += 8, PYB_ERR_DAMAGED, "segment 1 is not whole pages");
	REFUSED(segments[1].size = 0, PYB_ERR_DAMAGED, "segment 1 is not whole pages");
	REFUSED(segments[1].size = 2 * PAGE, PYB_ERR_DAMAGED, "segment 2 is not whole pages");
	REFUSED(segments[LAST].size = UINT64_MAX - PAGE + 1, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[0].address = 0, PYB_ERR_DAMAGED, "segment 0");
	REFUSED(segments[2].offset = PAGE_COUNT * PAGE, PYB_ERR_DAMAGED, "segment 2 is not of");
	REFUSED(segments[2].offset = 1, PYB_ERR_DAMAGED, "segment 2");
	REFUSED(segments[3].offset = PAGE, PYB_ERR_DAMAGED, "segment 3");
	REFUSED(segments[LAST].offset = 2 * PAGE, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[LAST].file = 1, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[4].offset = (1 + PAGE_COUNT) * PAGE, PYB_ERR_DAMAGED, "segment 4");
	REFUSED(segments[4].file = 1, PYB_ERR_DAMAGED, "segment 4");
	REFUSED(segments[LAST].source = SEGMENT_BUNDLE + 1, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[LAST].protection = 8, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[LAST].advice = ADVICE_ALL + 1, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(segments[LAST].advice = ADVICE_WIPE_ON_FORK, PYB_ERR_DAMAGED, "segment 5");
	REFUSED(sample.snapshot.segment_count = UINT32_MAX, PYB_ERR_UNSUPPORTED, "too many");
	REFUSED(fixups[0].kind = FIXUP_KINDS, PYB_ERR_DAMAGED, "fix-up 0");
	REFUSED(fixups[1].address++, PYB_ERR_DAMAGED, "fix-up 1");
	REFUSED(fixups[0].address = DATA - 8, PYB_ERR_DAMAGED, "fix-up 0");
	REFUSED(fixups[FIXUP_KINDS].address = DATA + 5 * PAGE, PYB_ERR_DAMAGED, "fix-up");
	REFUSED(fixups[FIXUP_KINDS].address = CODE, PYB_ERR_DAMAGED, "fix-up");
	REFUSED(sample.file.path = sizeof(strings), PYB_ERR_DAMAGED, "file 0 has no path");
	REFUSED(sample.snapshot.strings_size--, PYB_ERR_DAMAGED, "strings");
	REFUSED(sample.snapshot.strings_size = 0, PYB_ERR_DAMAGED, "strings");
	REFUSED(sample.pages.offset = 2 * PAGE, PYB_ERR_DAMAGED, "its pages are cut off");
	REFUSED(sample.pages.offset = UINT64_MAX - PAGE + 1, PYB_ERR_DAMAGED,
		"its pages are cut off");
	REFUSED(sample.pages.offset = 8, PYB_ERR_UNSUPPORTED, "its pages do not begin where");
#undef REFUSED
	remove_file();
}
END_TEST

static uint64_t whole(const void *address)
{
	return (uintptr_t)address / PAGE * PAGE;
}

START_TEST(where_the_stack_is)
{
	const uint64_t stack = whole(arguments);
	const uint64_t at[] = {stack, stack - (UINT64_C(9) << 20), stack + (UINT64_C(9) << 20)};
	struct sample sample;

	make_sample(&sample);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		sample.segments[LAST].address = at[i];
		expect_refusal(&sample, PYB_ERR_MISMATCH, "where the stack is");
	}
	remove_file();
}
END_TEST

START_TEST(where_the_vdso_is)
{
	struct sample sample;

	make_sample(&sample);
	/* Where it lies above the stack, that is in the way first. */
	sample.segments[LAST].address = whole(sample.stack.vdso);
	expect_refusal(&sample, PYB_ERR_MISMATCH, "its memory lies where the");
	sample.segments[LAST].address -= PAGE;
	expect_refusal(&sample, PYB_ERR_MISMATCH, "its memory lies where the");
	remove_file();
}
END_TEST

START_TEST(another_kernel)
{
	struct sample sample;

	make_sample(&sample);
	sample.snapshot.vdso_digest++;
	expect_refusal(&sample, PYB_ERR_MISMATCH, "the vdso differs");
	sample.snapshot.vdso_digest--;
	sample.snapshot.vdso_size++;
	expect_refusal(&sample, PYB_ERR_MISMATCH, "the vdso differs");
	remove_file();
}
END_TEST

START_TEST(another_file)
{
	struct sample sample;

	make_sample(&sample);
	sample.file.inode++;
	expect_refusal(&sample, PYB_ERR_MISMATCH, "is not the file that it was made with");
	sample.file.inode--;
	sample.file.ctime_ns++;
	expect_refusal(&sample, PYB_ERR_MISMATCH, file_path);
	sample.file.ctime_ns--;
	ck_assert_int_eq(truncate(file_path, PAGE), 0);
	expect_refusal(&sample, PYB_ERR_MISMATCH, "is not the file that it was made with");
	ck_assert_int_eq(unlink(file_path), 0);
	expect_refusal(&sample, PYB_ERR_MISMATCH, "cannot be opened: No such file");
	ck_assert_int_eq(mkfifo(file_path, 0600), 0);
	expect_refusal(&sample, PYB_ERR_MISMATCH, "is not the file that it was made with");
	remove_file();
}
END_TEST

/* Returns the limit that there was. */
static rlim_t limit(__rlimit_resource_t what, rlim_t to)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(what, &limit), 0);
	const rlim_t before = limit.rlim_cur;
	limit.rlim_cur = to;
	ck_assert_int_eq(setrlimit(what, &limit), 0);
	return before;
}

START_TEST(limited_memory)
{
	struct sample sample;

	make_sample(&sample);
	limit(RLIMIT_AS, (128 << 20) - 1);
	expect_refusal(&sample, PYB_ERR_MISMATCH, "the memory of the process is limited");
	limit(RLIMIT_AS, 128 << 20);
	sample.segments[LAST] = (struct snapshot_segment){
		.address = sample.segments[LAST].address, .size = 9 << 20, .source = SEGMENT_ZERO};
	expect_refusal(&sample, PYB_ERR_MISMATCH, "the memory of the process is limited");
	remove_file();
}
END_TEST

START_TEST(too_little_memory)
{
	struct sample sample;

	make_sample(&sample);
	ask_for_too_much(&sample, PROT_READ | PROT_WRITE);
	expect_refusal(&sample, PYB_ERR_MEMORY, "there is no memory for it");
	remove_file();
}
END_TEST

/* From now on a system call fails if an argument, of which the lower half counts, has any of these bits. */
static void forbid(long number, unsigned int argument, uint32_t bits)
{
	const uint32_t at =
		(uint32_t)(offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* As a file system does that was mounted without execution, and a filter of system calls. */
START_TEST(what_the_system_forbids)
{
	struct sample sample;

	make_sample(&sample);
	forbid(SYS_madvise, 2, MADV_WIPEONFORK);
	expect_refusal(&sample, PYB_ERR_UNSUPPORTED, "does not let memory be kept from children");
	forbid(SYS_mmap, 2, PROT_EXEC);
	expect_refusal(&sample, PYB_ERR_UNSUPPORTED, "the code of segment 0 cannot be mapped");
	forbid(SYS_set_robust_list, 1, UINT32_MAX);
	expect_refusal(&sample, PYB_ERR_UNSUPPORTED, "does not let a thread be told of");
	forbid(SYS_mprotect, 2, PROT_EXEC);
	expect_refusal(&sample, PYB_ERR_UNSUPPORTED, "does not let memory be made executable");
	remove_file();
}
END_TEST

START_TEST(no_descriptors)
{
	struct pyb_error error = {0};
	struct sample sample;

	make_sample(&sample);
	const rlim_t before = limit(RLIMIT_NOFILE, (rlim_t)free_descriptor());
	ck_assert_int_eq(
		snapshot_restore(&sample.snapshot, &sample.pages, &message, &sample.stack, &error),
		PYB_ERR_MEMORY);
	limit(RLIMIT_NOFILE, before);
	remove_file();
}
END_TEST

static int run_tests(void)
{
	Suite *const suite = suite_create("restore");
	TCase *const restoring = tcase_create("restoring");
	TCase *const refusing = tcase_create("refusing");

	tcase_add_test(restoring, memory_is_what_the_snapshot_says);
	tcase_add_test(restoring, lack_of_memory_ends_the_process);
	tcase_add_test(refusing, unsound_tables);
	tcase_add_test(refusing, where_the_stack_is);
	tcase_add_test(refusing, where_the_vdso_is);
	tcase_add_test(refusing, another_kernel);
	tcase_add_test(refusing, another_file);
	tcase_add_test(refusing, limited_memory);
	tcase_add_test(refusing, too_little_memory);
	tcase_add_test(refusing, what_the_system_forbids);
	tcase_add_test(refusing, no_descriptors);
	suite_add_tcase(suite, restoring);
	suite_add_tcase(suite, refusing);

	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	(void)argc;
	arguments = argv;
	if (getauxval(AT_SYSINFO_EHDR) != 0)
		return run_tests();
	puts("1..0 # SKIP the kernel has no vdso; under valgrind it seems so");
	return EXIT_SUCCESS;
}
