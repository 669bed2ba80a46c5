/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bundler/snapshot/written_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bundler/process/spawn.h"
#include "bundler/snapshot/trace.h"
#include "lib/optimize.h"
#include "lib/snapshot.h"
#include "lib/snapshot_writer.h"

/* An entry of /proc/PID/pagemap: Documentation/admin-guide/mm/pagemap.rst of Linux. */
#define PAGE_IS_PRESENT (UINT64_C(1) << 63)
#define PAGE_IS_OF_FILE (UINT64_C(1) << 61)

enum { ENTRIES = 512 }; /* of pagemap, that are read at once */

struct search {
	const struct snapshot *snapshot;
	int pagemap;
	struct pyb_buffer *ranges; /* struct snapshot_range */
};

/* --- asking */

static enum pyb_status add_page(struct search *search, uint64_t address, bool goes_on,
				struct pyb_error *error)
{
	const uint64_t size = search->snapshot->process.page_size;
	const struct snapshot_range page = {address, size};

	if (!goes_on)
		return pyb_buffer_append(search->ranges, &page, sizeof(page), error);
	struct snapshot_range *const end = (void *)(search->ranges->data + search->ranges->size);
	end[-1].size += size;
	return PYB_OK;
}

static bool is_written(uint64_t entry)
{
	return (entry & PAGE_IS_PRESENT) != 0 && (entry & PAGE_IS_OF_FILE) == 0;
}

static enum pyb_status read_entries(const struct search *search, uint64_t address,
				    uint64_t *entries, size_t count, struct pyb_error *error)
{
	const size_t size = count * sizeof(*entries);
	const off_t at = (off_t)(address / search->snapshot->process.page_size * sizeof(*entries));

	if (TEMP_FAILURE_RETRY(pread(search->pagemap, entries, size, at)) == (ssize_t)size)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO,
			     "it is not told which pages a start has written to");
}

static enum pyb_status search_segment(struct search *search, const struct snapshot_segment *segment,
				      struct pyb_error *error)
{
	const uint64_t page_size = search->snapshot->process.page_size;
	uint64_t entries[ENTRIES];
	bool goes_on = false;
	enum pyb_status status = PYB_OK;

	for (uint64_t done = 0; done < segment->size && status == PYB_OK;) {
		const uint64_t rest = (segment->size - done) / page_size;
		const size_t count = rest < ENTRIES ? (size_t)rest : ENTRIES;
		status = read_entries(search, segment->address + done, entries, count, error);
		for (size_t i = 0; i < count && status == PYB_OK; i++, done += page_size) {
			if (is_written(entries[i]))
				status = add_page(search, segment->address + done, goes_on, error);
			goes_on = is_written(entries[i]);
		}
	}
	return status;
}

/* Not what was populated already. */
static bool is_searched(const struct snapshot_segment *segment)
{
	const uint32_t others = ADVICE_HUGE_PAGES | ADVICE_POPULATE;

	return (segment->protection & PROT_WRITE) != 0 && (segment->advice & others) == 0;
}

static enum pyb_status search_process(struct search *search, pid_t process, struct pyb_error *error)
{
	const struct snapshot *const snapshot = search->snapshot;
	char name[64];
	enum pyb_status status = PYB_OK;

	snprintf(name, sizeof(name), "/proc/%d/pagemap", (int)process);
	search->pagemap = open(name, O_RDONLY | O_CLOEXEC);
	if (search->pagemap < 0)
		return pyb_error_set(error, PYB_ERR_IO, "cannot open %s: %s", name,
				     strerror(errno));
	search->ranges->size = 0;
	for (uint32_t i = 0; i < snapshot->segment_count && status == PYB_OK; i++)
		if (is_searched(&snapshot->segments[i]))
			status = search_segment(search, &snapshot->segments[i], error);
	close(search->pagemap);
	return status;
}

/* When it ends, all its memory is still there. */
static enum pyb_status search_at_end(void *cookie, const struct trace_call *call,
				     struct pyb_error *error)
{
	if (call->number != SYS_exit_group || call->is_child || call->is_foreign)
		return PYB_OK;
	return search_process(cookie, call->thread, error);
}

/* --- the start */

static enum pyb_status start(const struct written_request *request, struct trace *trace,
			     struct pyb_error *error)
{
	const char *const option = pyb_optimize_option(request->optimize);
	const char *const plain[] = {request->launcher, "-c", "pass", NULL};
	const char *const optimized[] = {request->launcher, option, "-c", "pass", NULL};
	sigset_t mask;
	size_t count = 0;

	while (request->environment[count] != NULL)
		count++;
	char **const environment = calloc(count + 2, sizeof(*environment));
	if (environment == NULL ||
	    asprintf(&environment[0], "PYSTART_BUNDLE=%s", request->bundle) < 0) {
		free(environment);
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	}
	memcpy(environment + 1, request->environment, count * sizeof(*environment));
	sigemptyset(&mask);
	const struct spawn spawn = {
		.argv = (char *const *)(option == NULL ? plain : optimized),
		.environment = environment,
		.mask = &mask,
		.is_mute = true,
		.is_silent = true,
		.dies_first = true,
		.is_apart = true,
		.is_plain = true,
	};
	const enum pyb_status status = trace_start(trace, &spawn, error);
	free(environment[0]);
	free(environment);
	return status;
}

static enum pyb_status run(const struct written_request *request, struct search *search,
			   struct pyb_error *error)
{
	const struct trace_watcher watcher = {.begins = search_at_end, .cookie = search};
	struct trace trace = TRACE_INIT;
	struct trace_outcome outcome;
	enum pyb_status status = start(request, &trace, error);

	if (status == PYB_OK)
		status = trace_follow(&trace, &watcher, request->seconds, &outcome, error);
	if (status == PYB_OK && outcome.event == TRACE_INTERRUPTED)
		status = pyb_error_set(error, PYB_ERR_IO, "interrupted by a signal");
	trace_finish(&trace);
	return status;
}

/* --- public */

static enum pyb_status open_tables(const struct pyb_buffer *tables, struct snapshot *snapshot,
				   struct pyb_error *error)
{
	const struct pyb_bytes section = {.data = tables->data, .size = tables->size};

	return pyb_snapshot_open(&section, snapshot, error);
}

enum pyb_status written_pages_find(const struct written_request *request,
				   const struct pyb_buffer *tables, struct pyb_buffer *ranges,
				   struct pyb_error *error)
{
	struct snapshot snapshot;
	struct search search = {.snapshot = &snapshot, .ranges = ranges};
	enum pyb_status status = open_tables(tables, &snapshot, error);

	if (status == PYB_OK)
		status = run(request, &search, error);
	return status;
}

enum pyb_status written_pages_add(struct pyb_buffer *tables, const struct pyb_buffer *ranges,
				  struct pyb_error *error)
{
	struct snapshot snapshot;
	struct pyb_buffer with_ranges = {0};
	enum pyb_status status = open_tables(tables, &snapshot, error);

	if (status != PYB_OK)
		return status;
	snapshot.ranges = (const void *)ranges->data;
	snapshot.range_count = (uint32_t)(ranges->size / sizeof(*snapshot.ranges));
	status = pyb_snapshot_compose(&snapshot, &with_ranges, error);
	pyb_buffer_release(status == PYB_OK ? tables : &with_ranges);
	if (status == PYB_OK)
		*tables = with_ranges;
	return status;
}
