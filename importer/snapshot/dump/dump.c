/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/dump.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "importer/snapshot/dump/fixups.h"
#include "importer/snapshot/dump/machine.h"
#include "importer/snapshot/dump/own_memory.h"
#include "importer/snapshot/dump/pages.h"
#include "importer/snapshot/dump/refusals.h"
#include "importer/snapshot/dump/segments.h"
#include "importer/snapshot/dump/thread.h"
#include "importer/snapshot/vdso.h"
#include "lib/digest.h"

/* What stacks have below them at least: they may be deep, and arguments many. */
#define STACK_ROOM (UINT64_C(64) << 20)

/* --- does it fit below the stack of another process? */

/* The kernel puts stacks below the end of the address space, which is a power of two. */
static uint64_t lowest_stack(const struct initial_stack *stack)
{
	const unsigned int zeros = (unsigned int)__builtin_clzll((uintptr_t)stack->pointer);

	return (UINT64_C(1) << (64 - zeros)) - MACHINE_STACK_RANDOM - STACK_ROOM;
}

static enum pyb_status check_room(const struct dumper *dumper, struct pyb_error *error)
{
	const struct snapshot_segment *const last = dumper->segments + dumper->segment_count - 1;
	const uint64_t lowest = lowest_stack(dumper->request->stack);

	if (dumper->segment_count == 0 || dumper->request->is_compared ||
	    last->address + last->size <= lowest)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_AGAIN,
			     "memory at %#" PRIx64 " lies where other processes have their stack, "
			     "from %#" PRIx64 " on",
			     last->address, lowest);
}

/* --- did it stay as it was? */

static enum pyb_status check_unchanged(const struct dumper *dumper, struct pyb_error *error)
{
	size_t count;
	bool is_same = true;
	const enum pyb_status status =
		own_memory_read_maps(dumper, dumper->text_again, dumper->maps_again, &count, error);

	if (status != PYB_OK)
		return status;
	for (size_t i = 0; i < count && i < dumper->map_count && is_same; i++)
		is_same = maps_are_equal(&dumper->maps[i], &dumper->maps_again[i]);
	if (is_same && count == dumper->map_count)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_AGAIN,
			     "the memory of the process changed while the snapshot was made");
}

/* --- */

static void describe_vdso(const struct initial_stack *stack, struct snapshot *snapshot)
{
	snapshot->vdso_size = vdso_size(stack->vdso);
	snapshot->vdso_digest = pyb_digest64(stack->vdso, snapshot->vdso_size);
}

/* Code of the vdso looks for its data at a fixed distance, so it is the same wherever that lies. */
static void describe_vdso_data(const struct dumper *dumper, struct snapshot *snapshot)
{
	const struct map *const vdso = maps_find(dumper->maps, dumper->map_count, MAP_KIND_VDSO);
	const struct map *data = vdso;

	while (data > dumper->maps && data[-1].kind == MAP_KIND_KERNEL &&
	       data[-1].end == data->start)
		data--;
	snapshot->vdso_data_size = vdso == NULL ? 0 : vdso->start - data->start;
}

static void publish(const struct dumper *dumper, struct snapshot *snapshot)
{
	snapshot->segments = dumper->segments;
	snapshot->files = dumper->files;
	snapshot->fixups = dumper->fixups;
	snapshot->strings = dumper->strings;
	snapshot->segment_count = (uint32_t)dumper->segment_count;
	snapshot->file_count = (uint32_t)dumper->file_count;
	snapshot->fixup_count = (uint32_t)dumper->fixup_count;
	snapshot->strings_size = (uint32_t)dumper->strings_size;
}

/* `frame` is as fixups_begin() has it. */
static enum pyb_status describe_memory(struct dumper *dumper, const void *frame,
				       struct pyb_error *error)
{
	struct snapshot *const snapshot = &dumper->dump->snapshot;
	struct fixup_search search;
	enum pyb_status status =
		own_memory_read_maps(dumper, dumper->text, dumper->maps, &dumper->map_count, error);

	if (status == PYB_OK)
		status = segments_find(dumper, error);
	if (status == PYB_OK)
		status = check_room(dumper, error);
	if (status == PYB_OK)
		status = fixups_begin(&search, dumper, frame, error);
	if (status == PYB_OK)
		describe_vdso_data(dumper, snapshot);
	if (status == PYB_OK)
		status = pages_write(dumper, &search, &snapshot->pages_size, error);
	if (status == PYB_OK)
		status = fixups_end(&search, error);
	if (status == PYB_OK)
		status = check_unchanged(dumper, error);
	return status;
}

/*
 * Where pthread_exit() of the first thread unwinds to lies in the frame that called main(), and glibc's
 * pointer to it in a place that is not public. While another frame is registered, as by
 * pthread_cleanup_push(), the pointer is known.
 */
static enum pyb_status dump_with_frame(struct dumper *dumper, struct pyb_error *error)
{
	__pthread_unwind_buf_t frame;

	__pthread_register_cancel(&frame);
	const enum pyb_status status = describe_memory(dumper, &frame, error);
	__pthread_unregister_cancel(&frame);
	return status;
}

enum pyb_status snapshot_dump(const struct dump_request *request, struct dump *dump,
			      struct pyb_error *error)
{
	struct dumper dumper = {.request = request, .dump = dump};
	enum pyb_status status = refusals_of_process(request, error);

	*dump = (struct dump){0};
	if (status == PYB_OK)
		status = thread_describe(&dump->snapshot.thread, &dumper.number_address, error);
	if (status != PYB_OK)
		return status;
	dump->snapshot.thread.entry = request->entry;
	describe_vdso(request->stack, &dump->snapshot);
	status = own_memory_open(&dumper, error);
	if (status == PYB_OK)
		status = dump_with_frame(&dumper, error);
	own_memory_close(&dumper);
	if (status == PYB_OK)
		publish(&dumper, &dump->snapshot);
	else
		dump_free(dump);
	return status;
}

void dump_free(struct dump *dump)
{
	if (dump->memory != NULL)
		munmap(dump->memory, dump->size);
	*dump = (struct dump){0};
}
