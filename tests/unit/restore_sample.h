/* SPDX-License-Identifier: MIT */
/*
 * A snapshot that was made by hand: a few pages, and a function in them that writes what it finds there to a pipe.
 * For the programs that are about snapshot/restore/restore.h; each has one such function.
 */
#ifndef TESTS_UNIT_RESTORE_SAMPLE_H
#define TESTS_UNIT_RESTORE_SAMPLE_H

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
enum {
	SEGMENT_COUNT = 6,
	LAST = SEGMENT_COUNT - 1,
	FIXUP_COUNT = FIXUP_KINDS + 1,
	RANGE_COUNT = 2,
	MARK = 0x5a
};

/* The function of the snapshot: it needs its stack, and DATA. */
extern const uint8_t image_begin[] __attribute__((visibility("hidden")));
extern const uint8_t image_end[] __attribute__((visibility("hidden")));
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl image_begin, image_end\n"
	".hidden image_begin, image_end\n"
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
	".globl image_begin, image_end\n"
	".hidden image_begin, image_end\n"
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
	struct snapshot_range ranges[RANGE_COUNT];
	struct snapshot_file file;
	struct snapshot_pages pages;
	struct initial_stack stack;
};

static inline void write_page(int descriptor, unsigned int number, const void *bytes, size_t size)
{
	uint8_t page[PAGE];

	memset(page, MARK, sizeof(page));
	memcpy(page, bytes, size);
	ck_assert_int_eq(pwrite(descriptor, page, sizeof(page), (off_t)number * PAGE), PAGE);
}

static inline int make_pages(void)
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
static inline void make_file(struct sample *sample)
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
static inline void fill_segments(struct snapshot_segment *segments)
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
static inline void fill_fixups(struct snapshot_fixup *fixups)
{
	for (uint32_t i = 0; i < FIXUP_KINDS; i++)
		fixups[i] = (struct snapshot_fixup){
			.address = DATA + 16 * (uint64_t)i, .kind = i, .addend = (int32_t)i - 3};
	fixups[FIXUP_KINDS] =
		(struct snapshot_fixup){.address = DATA + 2 * PAGE - 8, .kind = FIXUP_ARGV};
}

static inline void fill_ranges(struct snapshot_range *ranges)
{
	ranges[0] = (struct snapshot_range){DATA, PAGE};
	ranges[1] = (struct snapshot_range){DATA + 2 * PAGE, PAGE};
}

/* The kernel writes to the area of the restartable sequences, in the page of zeros. */
static inline void fill_thread(struct snapshot_thread *thread)
{
	thread->entry = CODE;
	thread->robust_size = 24; /* sizeof(struct robust_list_head) */
	if (__rseq_size == 0)
		return;
	thread->rseq = DATA + 2 * PAGE;
	thread->rseq_size = AREA;
	thread->rseq_signature = RSEQ_SIG;
}

static inline void make_sample(struct sample *sample)
{
	*sample = (struct sample){0};
	ck_assert(initial_stack_find(arguments, &sample->stack));
	fill_segments(sample->segments);
	fill_fixups(sample->fixups);
	fill_ranges(sample->ranges);
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
		.ranges = sample->ranges,
		.range_count = RANGE_COUNT,
		.files = &sample->file,
		.file_count = 1,
		.strings = strings,
		.strings_size = sizeof(strings),
		.pages_size = PAGE_COUNT * PAGE,
	};
	fill_thread(&sample->snapshot.thread);
}

static inline void remove_file(void)
{
	unlink(file_path);
	strcpy(file_path + strlen(file_path) - 6, "XXXXXX");
}

/* Half of the address space, and more than there can be memory for. */
static inline void ask_for_too_much(struct sample *sample, uint32_t protection)
{
	sample->segments[LAST] = (struct snapshot_segment){.address = UINT64_C(0x220000000000),
							   .size = UINT64_C(0x3f0000000000),
							   .source = SEGMENT_ZERO,
							   .protection = protection};
}

/* A Check program of one case, which needs a process as the kernel made it. */
static inline int run_restores(TCase *restores, const char *name, char **argv)
{
	Suite *const suite = suite_create(name);

	suite_add_tcase(suite, restores);
	SRunner *const runner = srunner_create(suite);
	arguments = argv;
	if (getauxval(AT_SYSINFO_EHDR) != 0)
		srunner_run_all(runner, CK_ENV);
	else
		puts("1..0 # SKIP the kernel has no vdso; under valgrind it seems so");
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
