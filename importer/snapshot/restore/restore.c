/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/restore.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "importer/snapshot/restore/exchange.h"
#include "importer/snapshot/restore/mapped_files.h"
#include "importer/snapshot/restore/rehearsal.h"
#include "importer/snapshot/restore/rseq.h"
#include "lib/snapshot.h"

static const char complaint[] = "pystart: the snapshot cannot be mapped: out of memory\n";

/* The memory that stays, while it is handed out. */
struct room {
	struct range range;
	uint64_t used;
	uint8_t *code;
	struct restored *restored;
	char *complaint;
	int *files;
	struct steps steps;
};

enum { PIECE = 64 }; /* what is handed out begins at a multiple of it */

enum { LIMIT_SHARE = 16, LIMIT_MIN = 128 << 20 }; /* the latter for the stack, and the room */

static uint64_t round_up(uint64_t size, uint64_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static uint64_t size_of_room(const struct snapshot *snapshot, uint64_t message_size,
			     uint64_t code_size)
{
	return code_size + round_up(message_size, PIECE) +
	       round_up(sizeof(struct restored), PIECE) + round_up(sizeof(complaint), PIECE) +
	       round_up(snapshot->file_count * sizeof(int), PIECE) +
	       steps_size(exchange_count_steps(snapshot));
}

static void *take(struct room *room, uint64_t size)
{
	const uint64_t start = room->range.start + room->used;

	room->used += round_up(size, PIECE);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (void *)(uintptr_t)start;
}

static enum pyb_status put_code(struct room *room, uint64_t code_size, struct pyb_error *error)
{
	room->code = take(room, code_size);
	memcpy(room->code, restorer_begin, restorer_size());
	__builtin___clear_cache((char *)room->code, (char *)room->code + restorer_size());
	if (mprotect(room->code, code_size, PROT_READ | PROT_EXEC) != 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "this system does not let memory be made executable");
	return PYB_OK;
}

/* The code has pages of its own, since nothing is to be writable and executable. */
static enum pyb_status furnish(struct room *room, const struct exchange *exchange,
			       const struct restore_message *message, struct pyb_error *error)
{
	const struct snapshot *const snapshot = exchange->snapshot;
	const uint64_t code_size = round_up(restorer_size(), exchange->space.page_size);
	enum pyb_status status = space_map_room(&exchange->space, snapshot,
						size_of_room(snapshot, message->size, code_size),
						&room->range, error);

	if (status == PYB_OK)
		status = put_code(room, code_size, error);
	if (status != PYB_OK)
		return status;
	void *const copy = take(room, message->size);
	memcpy(copy, message->bytes, message->size);
	room->restored = take(room, sizeof(*room->restored));
	*room->restored = (struct restored){*exchange->stack, room->range, copy};
	room->complaint = take(room, sizeof(complaint));
	memcpy(room->complaint, complaint, sizeof(complaint));
	room->files = take(room, snapshot->file_count * sizeof(int));
	room->steps.capacity = exchange_count_steps(snapshot);
	room->steps.list = take(room, steps_size(room->steps.capacity));
	return mapped_files_open(snapshot, room->files, error);
}

static bool is_limited(__rlimit_resource_t resource, uint64_t size)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) != 0 ||
	       (limit.rlim_cur != RLIM_INFINITY &&
		(limit.rlim_cur < LIMIT_MIN || limit.rlim_cur / LIMIT_SHARE < size));
}

/*
 * Of all memory, or of what can be written to. A limit that the process keeps to now may be too low for what
 * comes, or for a program that gets along with it under python3: as memory/contents.c has it for any bundle.
 */
static bool is_memory_limited(const struct snapshot *snapshot)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++)
		size += snapshot->segments[i].size;
	return is_limited(RLIMIT_AS, size) || is_limited(RLIMIT_DATA, size);
}

/* What is behind the end of a file cannot be read: SIGBUS. */
static enum pyb_status check_pages(const struct snapshot *snapshot,
				   const struct snapshot_pages *pages, uint64_t page_size,
				   struct pyb_error *error)
{
	if (pages->offset % page_size != 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "its pages do not begin where this system can map them");
	if (pages->offset <= pages->file_size &&
	    snapshot->pages_size <= pages->file_size - pages->offset)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_DAMAGED, "its pages are cut off");
}

static enum pyb_status look(struct exchange *exchange, struct pyb_error *error)
{
	const struct snapshot_pages *const pages = exchange->pages;
	const struct pyb_snapshot_limits limits = {
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.bundle_size = pages->file_size,
	};
	enum pyb_status status = pyb_snapshot_check(exchange->snapshot, &limits, error);

	if (status == PYB_OK)
		status = check_pages(exchange->snapshot, pages, limits.page_size, error);

	if (status == PYB_OK && is_memory_limited(exchange->snapshot))
		status = pyb_error_set(error, PYB_ERR_MISMATCH,
				       "the memory of the process is limited");
	if (status == PYB_OK)
		status = space_check(&exchange->space, exchange->snapshot, exchange->stack, error);
	return status;
}

static enum pyb_status write_steps(struct exchange *exchange, struct room *room,
				   struct pyb_error *error)
{
	exchange->room = room->range;
	exchange->argument = (uintptr_t)room->restored;
	exchange->complaint = (uintptr_t)room->complaint;
	exchange->complaint_size = sizeof(complaint) - 1;
	exchange->values = new_values_find(exchange->stack);
	exchange_write(exchange, &room->steps);
	return steps_fit(&room->steps)
		       ? PYB_OK
		       : pyb_error_set(error, PYB_ERR_UNSUPPORTED, "it takes too many steps");
}

typedef void restorer(const struct restore_list *list);

static void leave(const struct room *room)
{
	restorer *run;

	memcpy(&run, &room->code, sizeof(run));
	run(room->steps.list);
}

static void release(const struct room *room, const struct snapshot *snapshot)
{
	if (room->range.start == 0)
		return;
	if (room->files != NULL)
		mapped_files_close(snapshot, room->files);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	munmap((void *)(uintptr_t)room->range.start, room->range.end - room->range.start);
}

enum pyb_status snapshot_restore(const struct snapshot *snapshot,
				 const struct snapshot_pages *pages,
				 const struct restore_message *message,
				 const struct initial_stack *stack, struct pyb_error *error)
{
	struct exchange exchange = {.snapshot = snapshot, .pages = pages, .stack = stack};
	struct room room = {0};
	enum pyb_status status = look(&exchange, error);

	if (status == PYB_OK)
		status = furnish(&room, &exchange, message, error);
	exchange.files = room.files;
	if (status == PYB_OK)
		status = rehearsal_hold(&exchange, error);
	if (status == PYB_OK)
		status = write_steps(&exchange, &room, error);
	if (status == PYB_OK) {
		if (rseq_unregister(&snapshot->thread))
			leave(&room);
		status = pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				       "restartable sequences (rseq) cannot be given back");
	}
	release(&room, snapshot);
	return status;
}
