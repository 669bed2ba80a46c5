/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "importer/snapshot/vdso.h"
#include "lib/digest.h"

/* Bytes. */
#define MEBIBYTE (UINT64_C(1) << 20)
#define GIBIBYTE (UINT64_C(1) << 30)
#define TEBIBYTE (UINT64_C(1) << 40)

/* More than the data in front of the vdso takes: Linux 6.1 to 6.18, __arch_get_vdso_data() and map_vdso(). */
#define VDSO_DATA_MAX (UINT64_C(64) << 10)

/* The kernel keeps others as far away from the stack: stack_guard_gap. */
#define STACK_GAP MEBIBYTE
#define STACK_GROWTH_MIN (8 * MEBIBYTE) /* a lower limit can be raised */
#define STACK_GROWTH_MAX GIBIBYTE       /* and what is unlimited is not so large */

/* Where there is seldom anything, in address spaces of 47 bits and of 48. */
#define ROOM_FIRST (UINT64_C(32) * TEBIBYTE)
#define ROOM_DISTANCE (GIBIBYTE + 16 * MEBIBYTE)
enum { ROOM_TRIES = 64 };

static bool do_overlap(const struct range *one, const struct range *other)
{
	return one->start < other->end && other->start < one->end;
}

static struct range range_of(const struct snapshot_segment *segment)
{
	return (struct range){segment->address, segment->address + segment->size};
}

static bool does_snapshot_use(const struct snapshot *snapshot, const struct range *range)
{
	for (uint32_t i = 0; i < snapshot->segment_count; i++) {
		const struct range segment = range_of(&snapshot->segments[i]);
		if (do_overlap(&segment, range))
			return true;
	}
	return false;
}

/* --- the segments */

static uint64_t end_of_segments(const struct snapshot *snapshot)
{
	const uint32_t count = snapshot->segment_count;

	return count == 0 ? 0 : range_of(&snapshot->segments[count - 1]).end;
}

/* --- the stack */

static uint64_t growth_of_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur > STACK_GROWTH_MAX)
		return STACK_GROWTH_MAX;
	return limit.rlim_cur < STACK_GROWTH_MIN ? STACK_GROWTH_MIN : limit.rlim_cur;
}

/* --- the vdso */

static struct range find_vdso(const struct space *space, uintptr_t vdso,
			      const struct snapshot *snapshot)
{
	const uint64_t end = vdso + (snapshot->vdso_size + space->page_size - 1) /
					    space->page_size * space->page_size;

	return (struct range){vdso - snapshot->vdso_data_size, end};
}

static bool is_same_vdso(const struct snapshot *snapshot, const uint8_t *vdso)
{
	const uint64_t size = vdso_size(vdso);

	return size == snapshot->vdso_size && pyb_digest64(vdso, size) == snapshot->vdso_digest &&
	       snapshot->vdso_data_size <= VDSO_DATA_MAX;
}

/* --- */

enum pyb_status space_check(struct space *space, const struct snapshot *snapshot,
			    const struct initial_stack *stack, struct pyb_error *error)
{
	const uintptr_t pointer = (uintptr_t)stack->pointer;
	const uint64_t end = end_of_segments(snapshot);

	space->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	space->stack_low = pointer / space->page_size * space->page_size - STACK_GAP;
	if (end > space->stack_low - growth_of_stack())
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "its memory lies where the stack is or can grow to");
	if (!is_same_vdso(snapshot, stack->vdso))
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "it was made under another kernel: the vdso differs");
	space->vdso = find_vdso(space, (uintptr_t)stack->vdso, snapshot);
	if (does_snapshot_use(snapshot, &space->vdso))
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "its memory lies where the kernel has put the vdso");
	return PYB_OK;
}

enum pyb_status space_map_room(const struct space *space, const struct snapshot *snapshot,
			       uint64_t size, struct range *room, struct pyb_error *error)
{
	const uint64_t whole = (size + space->page_size - 1) / space->page_size * space->page_size;

	for (unsigned int i = 0; i < ROOM_TRIES; i++) {
		const uint64_t start = ROOM_FIRST + i * ROOM_DISTANCE;
		*room = (struct range){start, start + whole};
		if (room->end > space->stack_low || does_snapshot_use(snapshot, room))
			continue;
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		void *const wanted = (void *)(uintptr_t)start;
		void *const got = mmap(wanted, whole, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (got == wanted)
			return PYB_OK;
		/* A kernel that does not know MAP_FIXED_NOREPLACE takes the address for a wish. */
		if (got != MAP_FAILED)
			munmap(got, whole);
	}
	return pyb_error_set(error, PYB_ERR_MEMORY,
			     "there is no room for the list of its segments");
}

/* The part of `from` behind `kept` is left; what lies in front of it, if anything, is added. */
static unsigned int cut(struct range *from, const struct range *kept, struct range *gone)
{
	const struct range front = {from->start, kept->start};

	if (!do_overlap(from, kept))
		return 0;
	from->start = kept->end;
	if (front.start >= front.end)
		return 0;
	*gone = front;
	return 1;
}

unsigned int space_find_gone(const struct space *space, const struct range *room,
			     struct range gone[SPACE_GONE_MAX])
{
	const bool is_room_first = room->start < space->vdso.start;
	struct range rest = {0, space->stack_low};
	unsigned int count = 0;

	count += cut(&rest, is_room_first ? room : &space->vdso, &gone[count]);
	count += cut(&rest, is_room_first ? &space->vdso : room, &gone[count]);
	if (rest.start < rest.end)
		gone[count++] = rest;
	return count;
}
