/* SPDX-License-Identifier: MIT */
/* snapshot/dump.h: what a dump says of a process is what the kernel says of it. */
#include "tests/unit/dumped.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "importer/snapshot/tables.h"
#include "importer/snapshot/vdso.h"
#include "lib/digest.h"
#include "lib/timestamp.h"

extern void *__curbrk; /* the C library's idea of the program break */

/* As many pages of zeros, or of a file, as are worth a segment of their own between others. */
enum { RUN = 16, PAGES = 64 };

/* --- looking at a dump */

static bool is_in(const struct snapshot_segment *segment, uint64_t address)
{
	return address >= segment->address && address - segment->address < segment->size;
}

static const struct snapshot_segment *segment_at(const struct dumped *dumped, const void *address)
{
	for (uint32_t i = 0; i < dumped->snapshot.segment_count; i++)
		if (is_in(&dumped->snapshot.segments[i], (uintptr_t)address))
			return &dumped->snapshot.segments[i];
	ck_abort_msg("%p is in no segment", address);
	return NULL;
}

static const struct snapshot_fixup *fixup_at(const struct dumped *dumped, const void *address)
{
	for (uint32_t i = 0; i < dumped->snapshot.fixup_count; i++)
		if (dumped->snapshot.fixups[i].address == (uintptr_t)address)
			return &dumped->snapshot.fixups[i];
	return NULL;
}

/* A page as it is stored. */
static void read_page(const struct dumped *dumped, const struct snapshot_segment *segment,
		      uint64_t address, uint8_t page[PAGE])
{
	const off_t at = (off_t)(segment->offset + (address - segment->address));

	ck_assert_int_eq(segment->source, SEGMENT_PAGES);
	ck_assert_int_eq(pread(dumped->pages, page, PAGE, at), PAGE);
}

static void *map_pages(size_t count, int protection)
{
	void *const memory =
		mmap(NULL, count * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

static bool is_zero(const uint8_t page[PAGE])
{
	for (size_t i = 0; i < PAGE; i++)
		if (page[i] != 0)
			return false;
	return true;
}

/* --- properties of every dump; here of one with memory of all kinds */

enum { KINDS = 8 };

/* Pages in a random order of: never touched, read, written to, zeros that were written; and protections. */
static void make_memory(void)
{
	unsigned int seed = 1;

	for (int i = 0; i < 40; i++) {
		volatile uint8_t *const memory = map_pages(PAGES, PROT_READ | PROT_WRITE);
		unsigned int kind = 0;
		for (size_t page = 0; page < PAGES; page++) {
			/* In runs, most of which are short. */
			if (rand_r(&seed) % 8 == 0)
				kind = (unsigned int)rand_r(&seed) % 4;
			if (kind == 1)
				(void)memory[page * PAGE];
			else if (kind > 1)
				memory[page * PAGE + 8] = kind == 2 ? 0 : 7;
		}
		const int protection = rand_r(&seed) % KINDS;
		const size_t first = (size_t)rand_r(&seed) % PAGES;
		mprotect((uint8_t *)(uintptr_t)memory + first * PAGE, PAGE, protection & PROT_READ);
	}
}

static void check_order(const struct dumped *dumped)
{
	const struct snapshot *const snapshot = &dumped->snapshot;
	struct pyb_error error = {0};

	snapshot_check_tables(snapshot, PAGE, &error);
	ck_assert_str_eq(error.text, "");
	for (uint32_t i = 1; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const one = &snapshot->segments[i - 1];
		const struct snapshot_segment *const next = one + 1;
		/* Neighbours that could be one mapping are one. */
		ck_assert(one->address + one->size != next->address ||
			  one->source != next->source || one->protection != next->protection ||
			  one->advice != next->advice ||
			  (one->source == SEGMENT_FILE &&
			   (one->file != next->file || one->offset + one->size != next->offset)));
	}
}

/* Each page that is the program's is in one segment, with its protection; and there are no more. */
static void check_coverage(const struct dumped *dumped)
{
	static struct seen all[MAPS_MAX];
	const size_t count = look_at_maps(dumped->process, all);
	uint64_t pages = 0;

	for (size_t i = 0; i < count; i++) {
		for (uint64_t page = all[i].start; page < all[i].end && !is_left_out(&all[i]);
		     page += PAGE) {
			if (page >= dumped->own && page < dumped->own_end)
				continue;
			/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
			const struct snapshot_segment *const segment =
				segment_at(dumped, (const void *)(uintptr_t)page);
			ck_assert_int_eq(segment->protection, all[i].protection);
			pages++;
		}
	}
	for (uint32_t i = 0; i < dumped->snapshot.segment_count; i++)
		pages -= dumped->snapshot.segments[i].size / PAGE;
	ck_assert_uint_eq(pages, 0);
}

/* Words that change while nobody runs, or by the dump: the kernel's area, and the pointer to a frame. */
static bool may_differ(const struct dumped *dumped, uint64_t address)
{
	const struct snapshot_thread *const thread = &dumped->snapshot.thread;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	const struct snapshot_fixup *const fixup = fixup_at(dumped, (void *)(uintptr_t)address);

	return address - thread->rseq < thread->rseq_size ||
	       (fixup != NULL && fixup->kind == FIXUP_NULL);
}

/* What is stored is what is there; long runs of zeros are not stored. */
static void check_stored(const struct dumped *dumped, const struct snapshot_segment *segment)
{
	uint8_t stored[PAGE];
	uint8_t there[PAGE];
	unsigned int zeros = 0;

	for (uint64_t page = segment->address; is_in(segment, page); page += PAGE) {
		read_page(dumped, segment, page, stored);
		read_memory(dumped, page, there, PAGE);
		for (size_t at = 0; at < PAGE; at += sizeof(uint64_t))
			ck_assert(memcmp(stored + at, there + at, sizeof(uint64_t)) == 0 ||
				  may_differ(dumped, page + at));
		zeros = is_zero(stored) ? zeros + 1 : 0;
		ck_assert_uint_lt(zeros, RUN);
	}
}

static void check_zeros(const struct dumped *dumped, const struct snapshot_segment *segment)
{
	uint8_t there[PAGE];

	for (uint64_t page = segment->address; is_in(segment, page); page += PAGE) {
		read_memory(dumped, page, there, PAGE);
		ck_assert(is_zero(there));
	}
}

static void check_file(const struct dumped *dumped, const struct snapshot_segment *segment)
{
	const struct snapshot_file *const file = &dumped->snapshot.files[segment->file];
	const char *const path = dumped->snapshot.strings + file->path;
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t expected[PAGE] = {0};
	uint8_t there[PAGE];

	ck_assert_int_eq(fstat(descriptor, &status), 0);
	ck_assert_uint_eq(file->device, status.st_dev);
	ck_assert_uint_eq(file->inode, status.st_ino);
	ck_assert_uint_eq(file->size, (uint64_t)status.st_size);
	ck_assert_int_eq(file->mtime_ns, pyb_timestamp(&status.st_mtim));
	ck_assert_int_eq(file->ctime_ns, pyb_timestamp(&status.st_ctim));
	for (uint64_t at = 0; at < segment->size && segment->offset + at < file->size; at += PAGE) {
		memset(expected, 0, PAGE);
		ck_assert_int_gt(pread(descriptor, expected, PAGE, (off_t)(segment->offset + at)),
				 0);
		read_memory(dumped, segment->address + at, there, PAGE);
		ck_assert_mem_eq(expected, there, PAGE);
	}
	close(descriptor);
}

static void check_contents(const struct dumped *dumped)
{
	const struct snapshot *const snapshot = &dumped->snapshot;
	uint64_t stored = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		if (segment->source == SEGMENT_PAGES) {
			check_stored(dumped, segment);
			stored += segment->size;
		} else if (segment->source == SEGMENT_ZERO) {
			check_zeros(dumped, segment);
		} else {
			check_file(dumped, segment);
		}
	}
	ck_assert_uint_eq(stored, snapshot->pages_size);
	ck_assert_uint_eq((uint64_t)lseek(dumped->pages, 0, SEEK_END), stored);
}

/* All words of stored pages that point to the stack or the vdso are fix-ups; none to the dump's own memory. */
static void check_words(const struct dumped *dumped)
{
	static struct seen all[MAPS_MAX];
	const size_t count = look_at_maps(dumped->process, all);
	const struct seen *stack = NULL;
	const struct seen *vdso = NULL;
	uint8_t page[PAGE];

	for (size_t i = 0; i < count; i++) {
		stack = strcmp(all[i].name, "[stack]") == 0 ? &all[i] : stack;
		vdso = strcmp(all[i].name, "[vdso]") == 0 ? &all[i] : vdso;
	}
	for (uint32_t i = 0; i < dumped->snapshot.segment_count; i++) {
		const struct snapshot_segment *const segment = &dumped->snapshot.segments[i];
		for (uint64_t at = segment->address;
		     segment->source == SEGMENT_PAGES && is_in(segment, at); at += sizeof(at)) {
			uint64_t word;
			if ((at - segment->address) % PAGE == 0)
				read_page(dumped, segment, at, page);
			memcpy(&word, page + at % PAGE, sizeof(word));
			/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
			const void *const address = (const void *)(uintptr_t)at;
			if ((word >= stack->start && word < stack->end) ||
			    (word >= vdso->start && word < vdso->end))
				ck_assert_ptr_nonnull(fixup_at(dumped, address));
			ck_assert(word < dumped->own || word >= dumped->own_end);
		}
	}
}

START_TEST(all_of_it)
{
	struct dumped *const dumped = make_dumped(make_memory);

	check_order(dumped);
	check_coverage(dumped);
	check_contents(dumped);
	check_words(dumped);
	end_dumped(dumped);
}
END_TEST

/* --- kinds of memory, each by itself. What `prepare` made is at the same address in the test. */

static uint8_t *kept;      /* by what was prepared last */
static char file_path[64]; /* a file of the test */

static void make_file(const char *name, size_t pages)
{
	uint8_t page[PAGE];

	snprintf(file_path, sizeof(file_path), "/tmp/pystart-dump.%d%s", getpid(), name);
	const int descriptor = open(file_path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(descriptor, 0);
	for (size_t i = 0; i < pages; i++) {
		memset(page, (int)i + 1, sizeof(page));
		ck_assert_int_eq(write(descriptor, page, sizeof(page)), PAGE);
	}
	close(descriptor);
}

static void *map_file(size_t pages, int protection, int flags)
{
	const int descriptor =
		open(file_path, (flags & MAP_SHARED) != 0 ? O_RDWR : O_RDONLY | O_CLOEXEC);
	void *const memory = mmap(NULL, pages * PAGE, protection, flags, descriptor, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	close(descriptor);
	return memory;
}

START_TEST(wiped_memory)
{
	kept = map_pages(2, PROT_READ | PROT_WRITE);
	memset(kept, 1, PAGE);
	ck_assert_int_eq(madvise(kept, 2 * PAGE, MADV_DONTDUMP), 0);
	struct dumped *dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_PAGES);
	ck_assert_uint_eq(segment_at(dumped, kept)->advice, ADVICE_NOT_IN_CORE);
	end_dumped(dumped);
}
END_TEST

static void wipe_on_fork(void)
{
	ck_assert_int_eq(madvise(kept, PAGE, MADV_WIPEONFORK), 0);
	memset(kept, 1, PAGE);
}

START_TEST(memory_that_forks_wipe)
{
	kept = map_pages(2, PROT_READ | PROT_WRITE);
	struct dumped *dumped = make_dumped(wipe_on_fork);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_ZERO);
	ck_assert_uint_eq(segment_at(dumped, kept)->advice, ADVICE_WIPE_ON_FORK);
	ck_assert_uint_eq(segment_at(dumped, kept)->size, PAGE);
	end_dumped(dumped);
}
END_TEST

/* Inaccessible memory keeps what it had. */
START_TEST(inaccessible_memory)
{
	kept = map_pages(RUN * 2, PROT_READ | PROT_WRITE);
	uint8_t page[PAGE];

	memset(kept, 3, PAGE);
	ck_assert_int_eq(mprotect(kept, (size_t)RUN * 2 * PAGE, PROT_NONE), 0);
	struct dumped *const dumped = make_dumped(NULL);
	const struct snapshot_segment *const segment = segment_at(dumped, kept);
	ck_assert_uint_eq(segment->protection, PROT_NONE);
	read_page(dumped, segment, (uintptr_t)kept, page);
	ck_assert_uint_eq(page[0], 3);
	ck_assert_uint_eq(segment_at(dumped, kept + PAGE)->source, SEGMENT_ZERO);
	end_dumped(dumped);
}
END_TEST

/* Of a file's mapping only what was written to is stored, and what is too little to be mapped. */
START_TEST(copied_pages)
{
	make_file("", PAGES);
	kept = map_file(PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	kept[20 * PAGE] = 99;
	kept[24 * PAGE] = 99;
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_FILE);
	ck_assert_uint_eq(segment_at(dumped, kept)->size, 20 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 20 * PAGE)->source, SEGMENT_PAGES);
	ck_assert_uint_eq(segment_at(dumped, kept + 20 * PAGE)->size, 5 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 25 * PAGE)->source, SEGMENT_FILE);
	ck_assert_uint_eq(segment_at(dumped, kept + 25 * PAGE)->offset, 25 * PAGE);
	check_contents(dumped);
	end_dumped(dumped);
	unlink(file_path);
}
END_TEST

/* A file that was mapped further than it goes: pages behind its end cannot be read. */
START_TEST(short_file)
{
	make_file("", 3);
	kept = map_file(8, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	kept[PAGE] = 99;
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_PAGES);
	ck_assert_uint_eq(segment_at(dumped, kept + 7 * PAGE)->source, SEGMENT_FILE);
	check_coverage(dumped);
	end_dumped(dumped);
	unlink(file_path);
}
END_TEST

/* Names that the kernel writes in another way, or adds to, or that look as if it had. */
static const char *const odd_names[] = {"a b",       " (deleted)", "a\nb", "a\\012b",
					"a\n\\012b", "[heap]",     "\\",   ""};

START_TEST(odd_names_of_files)
{
	make_file(odd_names[_i], 1);
	kept = map_file(1, PROT_READ, _i % 2 == 0 ? MAP_PRIVATE : MAP_SHARED);
	struct dumped *const dumped = make_dumped(NULL);
	const struct snapshot_segment *const segment = segment_at(dumped, kept);
	ck_assert_uint_eq(segment->source, SEGMENT_FILE);
	ck_assert_str_eq(dumped->snapshot.strings + dumped->snapshot.files[segment->file].path,
			 file_path);
	end_dumped(dumped);
	unlink(file_path);
}
END_TEST

/* --- what belongs to the process */

static void *pointers[5]; /* to the stack */
static uint64_t vdso_word;

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
	static const enum fixup_kind once[] = {FIXUP_THREAD_ID, FIXUP_CANARY, FIXUP_BREAK,
					       FIXUP_NULL};
	struct dumped *const dumped = make_dumped(NULL);
	unsigned int counts[FIXUP_KINDS] = {0};

	for (uint32_t i = 0; i < dumped->snapshot.fixup_count; i++)
		counts[dumped->snapshot.fixups[i].kind]++;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		ck_assert_uint_eq(counts[once[i]], 1);
	end_dumped(dumped);
}
END_TEST

START_TEST(what_the_kernel_knows)
{
	struct dumped *const dumped = make_dumped(NULL);
	const struct snapshot_thread *const thread = &dumped->snapshot.thread;
	const void *robust = NULL;
	size_t robust_size = 0;
	pid_t number = 0;

	ck_assert_uint_eq(thread->pointer, (uintptr_t)__builtin_thread_pointer());
	read_memory(dumped, thread->tid_address, &number, sizeof(number));
	ck_assert_int_eq(number, dumped->process);
	/* The child of a fork has these where its parent has. */
	ck_assert_int_eq(syscall(SYS_get_robust_list, 0, &robust, &robust_size), 0);
	ck_assert_uint_eq(thread->robust_list, (uintptr_t)robust);
	ck_assert_uint_eq(thread->robust_size, robust_size);
	if (thread->rseq != 0) {
		ck_assert_uint_eq(thread->rseq % 32, 0);
		ck_assert_uint_ge(thread->rseq_size, 32);
	}
	end_dumped(dumped);
}
END_TEST

START_TEST(vdso)
{
	struct dumped *const dumped = make_dumped(NULL);
	const uint8_t *const here_too = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);

	ck_assert_uint_eq(dumped->snapshot.vdso, (uintptr_t)here_too);
	ck_assert_uint_eq(dumped->snapshot.vdso_size, vdso_size(here_too));
	ck_assert_uint_eq(dumped->snapshot.vdso_digest,
			  pyb_digest64(here_too, vdso_size(here_too)));
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
	Suite *const suite = suite_create("dump");
	TCase *const properties = tcase_create("properties");
	TCase *const memory = tcase_create("memory");
	TCase *const process = tcase_create("process");

	(void)argc;
	tcase_set_timeout(properties, 60);
	tcase_add_test(properties, all_of_it);
	tcase_add_test(memory, wiped_memory);
	tcase_add_test(memory, memory_that_forks_wipe);
	tcase_add_test(memory, inaccessible_memory);
	tcase_add_test(memory, copied_pages);
	tcase_add_test(memory, short_file);
	tcase_add_loop_test(memory, odd_names_of_files, 0,
			    sizeof(odd_names) / sizeof(odd_names[0]));
	tcase_add_test(process, known_words);
	tcase_add_test(process, copied_environment);
	tcase_add_test(process, one_of_each_kind);
	tcase_add_test(process, what_the_kernel_knows);
	tcase_add_test(process, vdso);
	tcase_add_test(process, twice);
	tcase_add_test(process, break_is_left_alone);
	tcase_add_test(process, break_elsewhere);
	suite_add_tcase(suite, properties);
	suite_add_tcase(suite, memory);
	suite_add_tcase(suite, process);
	return run_dumps(suite, argv);
}
