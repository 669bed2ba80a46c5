/* SPDX-License-Identifier: MIT */
/* snapshot/dump/dump.h: what a dump says of the memory of a process is what the kernel says of it. */
#include "tests/unit/dumped.h"

#include <stdint.h>
#include <sys/stat.h>

#include "lib/snapshot.h"
#include "lib/timestamp.h"

/* As many pages of zeros, or of a file, as are worth a segment of their own between others. */
enum { RUN = 16, PAGES = 64 };

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

/*
 * Pages in a random order of: never touched, looked at, zeros that were written, and others; one of them
 * not to be written to, or not even to be read.
 */
static void make_memory(void)
{
	unsigned int seed = 1;

	for (int i = 0; i < 40; i++) {
		uint8_t *const memory = map_pages(PAGES, PROT_READ | PROT_WRITE);
		int kind = 0;
		for (size_t page = 0; page < PAGES; page++) {
			volatile uint8_t *const byte = memory + page * PAGE + 8;
			/* In runs, most of which are short. */
			if (rand_r(&seed) % 8 == 0)
				kind = rand_r(&seed) % 4;
			if (kind == 1)
				(void)*byte;
			else if (kind > 1)
				*byte = kind == 2 ? 0 : 7;
		}
		mprotect(memory + (size_t)rand_r(&seed) % PAGES * PAGE, PAGE,
			 rand_r(&seed) % 2 == 0 ? PROT_READ : PROT_NONE);
	}
}

static void check_files(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		for (uint32_t j = 0; j < i; j++)
			ck_assert(snapshot->files[i].inode != snapshot->files[j].inode ||
				  snapshot->files[i].device != snapshot->files[j].device);
}

static void check_order(const struct dumped *dumped)
{
	const struct snapshot *const snapshot = &dumped->snapshot;
	const struct pyb_snapshot_limits limits = {.page_size = PAGE};
	struct pyb_error error = {0};

	pyb_snapshot_check(snapshot, &limits, &error);
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

/* Where the vdso was stays in the table of objects, with an end of 0 in the second of four words. */
static bool is_in_table(const struct dumped *dumped, const void *address)
{
	const uint64_t *const word = address;
	const struct snapshot_fixup *const behind_start = fixup_at(dumped, word + 1);
	const struct snapshot_fixup *const before_frames = fixup_at(dumped, word - 2);

	return (behind_start != NULL && behind_start->kind == FIXUP_NULL) ||
	       (before_frames != NULL && before_frames->kind == FIXUP_NULL);
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
				ck_assert(fixup_at(dumped, address) != NULL ||
					  is_in_table(dumped, address));
			ck_assert(word < dumped->own || word >= dumped->own_end);
		}
	}
}

START_TEST(all_of_it)
{
	struct dumped *const dumped = make_dumped(make_memory);

	check_order(dumped);
	check_files(&dumped->snapshot);
	check_coverage(dumped);
	check_contents(dumped);
	check_words(dumped);
	end_dumped(dumped);
}
END_TEST

/* --- kinds of memory, each by itself. What `prepare` made is at the same address in the test. */

static uint8_t *kept; /* by what was prepared last */

static void make_file(const char *name, size_t pages)
{
	uint8_t page[PAGE];

	name_file(name);
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

START_TEST(advised_memory)
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

/* The kernel may take it away at any time: a generator of random numbers keeps what it has in stock there. */
START_TEST(memory_that_may_be_dropped)
{
	enum { DROPPABLE = 8 }; /* MAP_DROPPABLE of Linux 6.11 */
	void *const memory =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, DROPPABLE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return;
	memset(memory, 1, PAGE);
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, memory)->source, SEGMENT_ZERO);
	ck_assert((segment_at(dumped, memory)->advice & ADVICE_WIPE_ON_FORK) != 0);
	end_dumped(dumped);
}
END_TEST

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
	make_file("file", PAGES);
	kept = map_file(PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	kept[20 * PAGE] = 99;
	kept[24 * PAGE] = 99;
	ck_assert_uint_eq(((volatile uint8_t *)kept)[40 * PAGE],
			  41); /* looked at: still the file's */
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_FILE);
	ck_assert_uint_eq(segment_at(dumped, kept)->size, 20 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 20 * PAGE)->source, SEGMENT_PAGES);
	ck_assert_uint_eq(segment_at(dumped, kept + 20 * PAGE)->size, 5 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 25 * PAGE)->source, SEGMENT_FILE);
	ck_assert_uint_eq(segment_at(dumped, kept + 25 * PAGE)->offset, 25 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 25 * PAGE)->size, (PAGES - 25) * PAGE);
	check_contents(dumped);
	end_dumped(dumped);
	remove_folder();
}
END_TEST

/* Neighbours of one file, but not of neighbouring parts of it. */
START_TEST(another_part_of_a_file)
{
	make_file("file", 8);
	kept = map_file(4, PROT_READ, MAP_PRIVATE);
	const int descriptor = open(file_path, O_RDONLY | O_CLOEXEC);
	ck_assert_ptr_eq(mmap(kept + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor,
			      (off_t)6 * PAGE),
			 kept + PAGE);
	close(descriptor);
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->offset, 0);
	ck_assert_uint_eq(segment_at(dumped, kept + PAGE)->offset, 6 * PAGE);
	ck_assert_uint_eq(segment_at(dumped, kept + 2 * PAGE)->offset, 2 * PAGE);
	check_contents(dumped);
	end_dumped(dumped);
	remove_folder();
}
END_TEST

/* A file that was mapped further than it goes: pages behind its end cannot be read. */
START_TEST(short_file)
{
	make_file("file", 3);
	kept = map_file(8, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	kept[PAGE] = 99;
	struct dumped *const dumped = make_dumped(NULL);
	ck_assert_uint_eq(segment_at(dumped, kept)->source, SEGMENT_PAGES);
	ck_assert_uint_eq(segment_at(dumped, kept + 7 * PAGE)->source, SEGMENT_FILE);
	check_coverage(dumped);
	end_dumped(dumped);
	remove_folder();
}
END_TEST

/* Names that the kernel writes in another way, or adds to, or that look as if it had. */
static const char *const odd_names[] = {"a b",       "x (deleted)", "a\nb", "a\\012b",
					"a\n\\012b", "[heap]",      "\\",   "x"};

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
	remove_folder();
}
END_TEST

int main(int argc, char **argv)
{
	Suite *const suite = suite_create("dump");
	TCase *const properties = tcase_create("properties");
	TCase *const memory = tcase_create("memory");

	(void)argc;
	tcase_set_timeout(properties, 60);
	tcase_add_test(properties, all_of_it);
	tcase_add_test(memory, advised_memory);
	tcase_add_test(memory, memory_that_forks_wipe);
	tcase_add_test(memory, memory_that_may_be_dropped);
	tcase_add_test(memory, inaccessible_memory);
	tcase_add_test(memory, copied_pages);
	tcase_add_test(memory, another_part_of_a_file);
	tcase_add_test(memory, short_file);
	tcase_add_loop_test(memory, odd_names_of_files, 0,
			    sizeof(odd_names) / sizeof(odd_names[0]));
	suite_add_tcase(suite, properties);
	suite_add_tcase(suite, memory);
	return run_dumps(suite, argv);
}
