/* SPDX-License-Identifier: MIT */
/* snapshot/restore/restore.h: what is refused, with the process as it was. */
#include "tests/unit/restore_sample.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Nothing is allocated for it: AddressSanitizer may map more whenever something is. */
static unsigned int count_mappings(void)
{
	const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char bytes[PAGE];
	unsigned int count = 0;
	ssize_t size;

	ck_assert_int_ge(maps, 0);
	while ((size = read(maps, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < size; i++)
			count += bytes[i] == '\n';
	ck_assert_int_eq(size, 0);
	close(maps);
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
	const unsigned int mappings = count_mappings();
	const int descriptor = free_descriptor();

	ck_assert_int_eq(snapshot_restore(&sample->snapshot, &sample->pages, &message,
					  &sample->stack, &error),
			 status);
	ck_assert_msg(strstr(error.text, words) != NULL, "'%s' is not in '%s'", words, error.text);
	ck_assert_uint_eq(count_mappings(), mappings);
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
	struct snapshot_range *const range = sample.ranges;
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
	REFUSED(*range = ((struct snapshot_range){CODE, PAGE}), PYB_ERR_DAMAGED, "range 0");
	REFUSED(*range = ((struct snapshot_range){DATA - PAGE, PAGE}), PYB_ERR_DAMAGED, "range 0");
	REFUSED(*range = ((struct snapshot_range){DATA, 3 * PAGE}), PYB_ERR_DAMAGED, "range 0");
	REFUSED(*range = ((struct snapshot_range){DATA + 2 * PAGE, PAGE}), PYB_ERR_DAMAGED,
		"range 1");
	REFUSED(*range = ((struct snapshot_range){DATA + 8, PAGE}), PYB_ERR_DAMAGED, "range 0");
	REFUSED(*range = ((struct snapshot_range){DATA, 0}), PYB_ERR_DAMAGED, "range 0");
	REFUSED(*range = ((struct snapshot_range){DATA + 6 * PAGE, PAGE}), PYB_ERR_DAMAGED,
		"range 0");
	REFUSED(sample.ranges[1] = *range, PYB_ERR_DAMAGED, "range 1");
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

/* Whether this program can live with little memory. AddressSanitizer has terabytes, and ends where it gets no more. */
static bool is_small(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return false;
#else
	return true;
#endif
}

int main(int argc, char **argv)
{
	TCase *const refusing = tcase_create("refusing");

	(void)argc;
	tcase_add_test(refusing, unsound_tables);
	tcase_add_test(refusing, where_the_stack_is);
	tcase_add_test(refusing, where_the_vdso_is);
	tcase_add_test(refusing, another_kernel);
	tcase_add_test(refusing, another_file);
	if (is_small())
		tcase_add_test(refusing, limited_memory);
	tcase_add_test(refusing, too_little_memory);
	tcase_add_test(refusing, what_the_system_forbids);
	tcase_add_test(refusing, no_descriptors);
	return run_restores(refusing, "restore_refusals", argv);
}
