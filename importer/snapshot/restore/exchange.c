/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/exchange.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "importer/snapshot/restore/rseq.h"

/* Linux 5.14; older kernels refuse it, and headers may be older. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
	STATUS_FAILED = 127, /* as shells say that a program could not be started */
	OTHER_STEPS = 16,    /* at the most: unmapping, closing, the thread, the end, a failure */
};

size_t exchange_count_steps(const struct snapshot *snapshot)
{
	return (size_t)snapshot->segment_count * (3 + ADVICE_COUNT) + snapshot->fixup_count +
	       snapshot->range_count + snapshot->file_count + OTHER_STEPS;
}

static void unmap(const struct exchange *exchange, struct steps *steps)
{
	struct range gone[SPACE_GONE_MAX];
	const unsigned int count = space_find_gone(&exchange->space, &exchange->room, gone);

	for (unsigned int i = 0; i < count; i++)
		steps_call(steps, 0, SYS_munmap, gone[i].start, gone[i].end - gone[i].start);
}

struct exchange_source exchange_find_source(const struct exchange *exchange,
					    const struct snapshot_segment *segment)
{
	switch (segment->source) {
	case SEGMENT_PAGES:
		return (struct exchange_source){exchange->pages->descriptor, 0,
						exchange->pages->offset + segment->offset};
	case SEGMENT_BUNDLE:
		return (struct exchange_source){exchange->pages->descriptor, 0, segment->offset};
	case SEGMENT_FILE:
		return (struct exchange_source){exchange->files[segment->file], 0, segment->offset};
	default:
		return (struct exchange_source){-1, MAP_ANONYMOUS, 0};
	}
}

/*
 * Huge pages are of anonymous memory only. Where a process had them for what it has written, the pages are
 * read in one go, which takes a sixth of the time of as many page faults.
 */
static bool is_to_be_read(const struct snapshot_segment *segment)
{
	return segment->source == SEGMENT_PAGES && (segment->advice & ADVICE_HUGE_PAGES) != 0;
}

static void map(const struct exchange *exchange, struct steps *steps,
		const struct snapshot_segment *segment, uint32_t protection)
{
	const struct exchange_source source =
		is_to_be_read(segment) ? (struct exchange_source){-1, MAP_ANONYMOUS, 0}
				       : exchange_find_source(exchange, segment);
	const int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | source.flags;

	steps_call(steps, segment->address, SYS_mmap, segment->address, segment->size, protection,
		   (uint64_t)flags, (uint64_t)source.descriptor, source.offset);
}

/* What only saves memory or time may fail: the kernel can have been built without. Blocks need MADV_RANDOM. */
static const struct {
	uint32_t advice; /* enum segment_advice */
	int number;      /* of madvise(2) */
	int64_t expected;
} advices[] = {
	{ADVICE_WIPE_ON_FORK, MADV_WIPEONFORK, 0},
	{ADVICE_NOT_IN_CHILD, MADV_DONTFORK, 0},
	{ADVICE_NOT_IN_CORE, MADV_DONTDUMP, RESTORE_ANY},
	{ADVICE_HUGE_PAGES, MADV_HUGEPAGE, RESTORE_ANY},
	{ADVICE_SMALL_PAGES, MADV_NOHUGEPAGE, RESTORE_ANY},
	{ADVICE_RANDOM, MADV_RANDOM, 0},
	{ADVICE_POPULATE, MADV_POPULATE_WRITE, RESTORE_ANY},
};

_Static_assert(sizeof(advices) / sizeof(advices[0]) == ADVICE_COUNT, "all of them");

static void advise(struct steps *steps, const struct snapshot_segment *segment)
{
	for (size_t i = 0; i < ADVICE_COUNT; i++)
		if ((segment->advice & advices[i].advice) != 0)
			steps_call(steps, advices[i].expected, SYS_madvise, segment->address,
				   segment->size, (uint64_t)advices[i].number);
}

static void fix(struct steps *steps, const struct new_values *values,
		const struct snapshot_fixup *fixup)
{
	const uint64_t value = values->of[fixup->kind] + (uint64_t)(int64_t)fixup->addend;

	if (fixup_size(fixup->kind) == sizeof(uint32_t))
		steps_write_half(steps, fixup->address, (uint32_t)value);
	else
		steps_write_word(steps, fixup->address, value);
}

/* --- the two passes: a huge page is there for a read only if all around it is mapped */

static bool has_fixups(const struct snapshot *snapshot, const struct snapshot_segment *segment,
		       uint32_t first)
{
	return first < snapshot->fixup_count &&
	       snapshot->fixups[first].address < segment->address + segment->size;
}

/* What it is to have while it is filled. `first` is the first fix-up that is not of a segment before. */
static uint32_t first_protection(const struct snapshot *snapshot,
				 const struct snapshot_segment *segment, uint32_t first)
{
	const bool is_written = is_to_be_read(segment) || has_fixups(snapshot, segment, first);

	return segment->protection | (is_written ? PROT_WRITE : 0U);
}

/* The first fix-up behind a segment. */
static uint32_t skip_fixups(const struct snapshot *snapshot, const struct snapshot_segment *segment,
			    uint32_t next)
{
	while (has_fixups(snapshot, segment, next))
		next++;
	return next;
}

static void map_all(const struct exchange *exchange, struct steps *steps)
{
	const struct snapshot *const snapshot = exchange->snapshot;
	uint32_t next = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		map(exchange, steps, segment, first_protection(snapshot, segment, next));
		advise(steps, segment);
		next = skip_fixups(snapshot, segment, next);
	}
}

/* Before anything is written to them. Only time is saved: older kernels refuse it, and memory can be short. */
static void populate_all(const struct exchange *exchange, struct steps *steps)
{
	for (uint32_t i = 0; i < exchange->snapshot->range_count; i++) {
		const struct snapshot_range *const range = &exchange->snapshot->ranges[i];
		steps_call(steps, RESTORE_ANY, SYS_madvise, range->address, range->size,
			   MADV_POPULATE_WRITE);
	}
}

static void read_pages(const struct exchange *exchange, struct steps *steps,
		       const struct snapshot_segment *segment)
{
	const struct exchange_source source = exchange_find_source(exchange, segment);

	steps_call(steps, segment->size, SYS_pread64, (uint64_t)source.descriptor, segment->address,
		   segment->size, source.offset);
}

static void fill_all(const struct exchange *exchange, struct steps *steps)
{
	const struct snapshot *const snapshot = exchange->snapshot;
	uint32_t next = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct snapshot_segment *const segment = &snapshot->segments[i];
		const uint32_t protection = first_protection(snapshot, segment, next);
		if (is_to_be_read(segment))
			read_pages(exchange, steps, segment);
		for (; has_fixups(snapshot, segment, next); next++)
			fix(steps, &exchange->values, &snapshot->fixups[next]);
		if (protection != segment->protection)
			steps_call(steps, 0, SYS_mprotect, segment->address, segment->size,
				   segment->protection);
	}
}

static void close_files(const struct exchange *exchange, struct steps *steps)
{
	for (uint32_t i = 0; i < exchange->snapshot->file_count; i++)
		steps_call(steps, RESTORE_ANY, SYS_close, (uint64_t)exchange->files[i]);
	steps_call(steps, RESTORE_ANY, SYS_close, (uint64_t)exchange->pages->descriptor);
}

static void tell_of_thread(const struct exchange *exchange, struct steps *steps)
{
	const struct snapshot_thread *const thread = &exchange->snapshot->thread;

	steps_set_thread_pointer(steps, thread->pointer);
	/* It is told for who waits for the thread's end, and nobody has asked whether it has succeeded. */
	steps_call(steps, RESTORE_ANY, SYS_set_tid_address, thread->tid_address);
	steps_call(steps, 0, SYS_set_robust_list, thread->robust_list, thread->robust_size);
	rseq_add_registration(steps, thread);
}

void exchange_write(const struct exchange *exchange, struct steps *steps)
{
	const struct snapshot *const snapshot = exchange->snapshot;

	unmap(exchange, steps);
	map_all(exchange, steps);
	populate_all(exchange, steps);
	fill_all(exchange, steps);
	close_files(exchange, steps);
	tell_of_thread(exchange, steps);
	/* The machines want a stack pointer that is a multiple of 16, as the initial one is. */
	steps_enter(steps, snapshot->thread.entry, (uintptr_t)exchange->stack->pointer,
		    exchange->argument);
	steps_begin_failure(steps);
	steps_call(steps, RESTORE_ANY, SYS_write, STDERR_FILENO, exchange->complaint,
		   exchange->complaint_size);
	steps_call(steps, RESTORE_ANY, SYS_exit_group, STATUS_FAILED);
}
