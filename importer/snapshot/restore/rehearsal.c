/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/rehearsal.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <asm/prctl.h>
#endif

/* --- memory */

/* Whether the kernel maps it, wherever that is. It is unmapped again; errno is kept. */
static bool can_map(uint64_t size, uint32_t protection, int flags, int descriptor, uint64_t offset)
{
	void *const mapped =
		mmap(NULL, size, (int)protection, MAP_PRIVATE | flags, descriptor, (off_t)offset);

	return mapped != MAP_FAILED && munmap(mapped, size) == 0;
}

/* One page stands for all: where it can be executed, so can the others. */
static bool can_execute(const struct exchange *exchange, const struct snapshot_segment *segment)
{
	const uint64_t page_size = exchange->space.page_size;
	const struct exchange_source source = exchange_find_source(exchange, segment);

	return can_map(page_size, segment->protection, source.flags, source.descriptor,
		       source.offset);
}

/* All that can be written to at once, as where the kernel does not promise what it may not have. */
static bool can_write(const struct snapshot *snapshot)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++)
		if ((snapshot->segments[i].protection & PROT_WRITE) != 0)
			size += snapshot->segments[i].size;
	return size == 0 || can_map(size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 0);
}

/* What changes what programs do: what a child finds of its parent's memory, and blocks (dump/blocks.h). */
static bool can_advise(const struct exchange *exchange)
{
	const uint32_t for_children = ADVICE_WIPE_ON_FORK | ADVICE_NOT_IN_CHILD;
	const uint64_t page_size = exchange->space.page_size;
	uint32_t advice = 0;

	for (uint32_t i = 0; i < exchange->snapshot->segment_count; i++)
		advice |= exchange->snapshot->segments[i].advice;
	if ((advice & (for_children | ADVICE_RANDOM)) == 0)
		return true;
	void *const page =
		mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const bool is_done =
		page != MAP_FAILED &&
		((advice & for_children) == 0 || (madvise(page, page_size, MADV_WIPEONFORK) == 0 &&
						  madvise(page, page_size, MADV_DONTFORK) == 0)) &&
		madvise(page, page_size, MADV_RANDOM) == 0;
	if (page != MAP_FAILED)
		munmap(page, page_size);
	return is_done;
}

static enum pyb_status map_segments(const struct exchange *exchange, struct pyb_error *error)
{
	const struct snapshot *const snapshot = exchange->snapshot;

	for (uint32_t i = 0; i < snapshot->segment_count; i++)
		if ((snapshot->segments[i].protection & PROT_EXEC) != 0 &&
		    !can_execute(exchange, &snapshot->segments[i]))
			return pyb_error_set(
				error,
				pyb_error_of_system(errno) == PYB_ERR_MEMORY ? PYB_ERR_MEMORY
									     : PYB_ERR_UNSUPPORTED,
				"the code of segment %u cannot be mapped: %s", i, strerror(errno));
	if (!can_write(snapshot))
		return pyb_error_set(error, PYB_ERR_MEMORY, "there is no memory for it");
	if (!can_advise(exchange))
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "this system does not let memory be kept from children, or "
				     "be told of (madvise)");
	return PYB_OK;
}

/* --- the thread: told what the kernel knows already */

static bool can_set_pointer(void)
{
#if defined(__x86_64__)
	return syscall(SYS_arch_prctl, ARCH_SET_FS, __builtin_thread_pointer()) == 0;
#else
	return true;
#endif
}

static bool can_set_robust_list(void)
{
	void *head;
	size_t size;

	return syscall(SYS_get_robust_list, 0, &head, &size) == 0 &&
	       syscall(SYS_set_robust_list, head, size) == 0;
}

enum pyb_status rehearsal_hold(const struct exchange *exchange, struct pyb_error *error)
{
	if (!can_set_pointer() || !can_set_robust_list())
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "this system does not let a thread be told of");
	return map_segments(exchange, error);
}
