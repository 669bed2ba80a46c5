/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/contents.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/snapshot_guards.h"

/* A word by which a status can be kept, and whose it is. */
struct trace_of_status {
	uint64_t word;
	size_t guard;
};

struct traces {
	struct trace_of_status *list;
	size_t count;
};

enum { TRACES = 9 }; /* of each guard */

static void add(struct traces *traces, size_t guard, uint64_t word)
{
	traces->list[traces->count++] = (struct trace_of_status){word, guard};
}

/* As CPython keeps a number of up to 60 bits, or the lower 60: in digits of 30 (Include/cpython/longintrepr.h). */
static uint64_t as_digits(uint64_t number)
{
	const uint64_t mask = (UINT64_C(1) << 30) - 1;

	return (number & mask) | (number >> 30 & mask) << 32;
}

/* In seconds and in nanoseconds, as C and as Python has them (Modules/posixmodule.c: fill_time()). */
static void add_time(struct traces *traces, size_t guard, int64_t time)
{
	const int64_t seconds = time / 1000000000, rest = time % 1000000000;
	const double number = (double)seconds + 1e-9 * (double)rest;
	uint64_t word;

	memcpy(&word, &number, sizeof(word));
	add(traces, guard, word);
	add(traces, guard, (uint64_t)seconds);
	add(traces, guard, as_digits((uint64_t)seconds));
	add(traces, guard, as_digits((uint64_t)time));
}

static int compare(const void *left, const void *right)
{
	const struct trace_of_status *const one = left, *const other = right;

	return (one->word > other->word) - (one->word < other->word);
}

static enum pyb_status list_traces(const struct guard_list *list, struct traces *traces,
				   struct pyb_error *error)
{
	*traces = (struct traces){.list = calloc(list->count * TRACES + 1, sizeof(*traces->list))};
	if (traces->list == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		const struct snapshot_guard *const guard = &list->guards[i];
		if (guard->number == 0 || (guard->kind != GUARD_PATH && guard->kind != GUARD_LINK))
			continue;
		add_time(traces, i, guard->status.mtime_ns);
		add_time(traces, i, guard->status.ctime_ns);
		add(traces, i, guard->status.inode);
	}
	qsort(traces->list, traces->count, sizeof(*traces->list), compare);
	return PYB_OK;
}

/* Take the digest from the guards that have left this word. */
static void heed_word(struct guard_list *list, const struct traces *traces, uint64_t word)
{
	const struct trace_of_status wanted = {.word = word};
	const struct trace_of_status *found =
		bsearch(&wanted, traces->list, traces->count, sizeof(wanted), compare);

	if (found == NULL)
		return;
	while (found > traces->list && found[-1].word == word)
		found--;
	for (; found < traces->list + traces->count && found->word == word; found++)
		list->guards[found->guard].number = 0;
}

static void heed_memory(struct guard_list *list, const struct traces *traces,
			const struct pyb_buffer *memory)
{
	uint64_t word;

	for (size_t at = 0; at + sizeof(word) <= memory->size && traces->count > 0;
	     at += sizeof(word)) {
		memcpy(&word, memory->data + at, sizeof(word));
		heed_word(list, traces, word);
	}
}

static bool is_same(const struct guard_status *one, const struct guard_status *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

static void note(struct snapshot_guard *guard, const char *path)
{
	const uint64_t digest = pyb_guard_digest(path, &guard->status);
	struct guard_status now;

	pyb_guard_look(path, guard->kind == GUARD_PATH, &now);
	if (is_same(&guard->status, &now))
		guard->number = digest;
}

enum pyb_status contents_note(struct guard_list *list, const struct pyb_buffer *memory,
			      struct pyb_error *error)
{
	struct traces traces;

	for (size_t i = 0; i < list->count; i++) {
		struct snapshot_guard *const guard = &list->guards[i];
		if (guard->kind == GUARD_PATH || guard->kind == GUARD_LINK)
			note(guard, (const char *)list->strings.data + guard->name);
	}
	const enum pyb_status status = list_traces(list, &traces, error);
	if (status == PYB_OK)
		heed_memory(list, &traces, memory);
	free(traces.list);
	return status;
}
