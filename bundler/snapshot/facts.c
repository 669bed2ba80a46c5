/* SPDX-License-Identifier: MIT */
/* The collection: facts of which each is there once. */
#include "bundler/snapshot/facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bundler/snapshot/facts_parts.h"
#include "lib/array.h"
#include "lib/trace_mark.h"

static bool is_of_path(enum fact_kind kind)
{
	return kind == FACT_PATH || kind == FACT_KERNEL_FILE;
}

static int compare_text(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

static int compare_numbers(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

static int compare(const struct fact *left, const struct fact *right)
{
	int order = compare_numbers(left->kind, right->kind);

	if (order == 0)
		order = compare_text(left->path, right->path);
	/* By which call a path was looked at does not matter. */
	if (order == 0 && !is_of_path(left->kind))
		order = compare_text(left->call, right->call);
	return order != 0 ? order : compare_numbers(left->number, right->number);
}

static struct fact *find_alike(const struct facts *facts, const struct fact_note *note)
{
	const struct fact wanted = {.kind = note->kind,
				    .call = note->call,
				    .path = (char *)note->path,
				    .number = note->number};

	for (size_t i = 0; i < facts->count; i++)
		if (compare(&facts->list[i], &wanted) == 0)
			return &facts->list[i];
	return NULL;
}

static enum pyb_status out_of_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

static enum pyb_status take_value(struct fact *fact, const struct fact_note *note,
				  struct pyb_error *error)
{
	if (fact->value != NULL || note->value == NULL || note->value_size == 0)
		return PYB_OK;
	uint8_t *const copy = malloc(note->value_size);
	if (copy == NULL)
		return out_of_memory(error);
	memcpy(copy, note->value, note->value_size);
	fact->value = copy;
	fact->value_size = note->value_size;
	return PYB_OK;
}

static enum pyb_status add(struct facts *facts, const struct fact_note *note,
			   struct pyb_error *error)
{
	void *list = facts->list;
	struct fact fact = {.kind = note->kind,
			    .call = note->call,
			    .number = note->number,
			    .asked = note->asked,
			    .error = note->error};

	if (note->look != NULL) {
		fact.target = note->look->target;
		fact.link = note->look->link;
	}
	enum pyb_status status = pyb_array_grow(&list, facts->count, sizeof(fact), error);
	if (status != PYB_OK)
		return status;
	facts->list = list;
	if (note->path != NULL && (fact.path = strdup(note->path)) == NULL)
		return out_of_memory(error);
	status = take_value(&fact, note, error);
	if (status == PYB_OK)
		facts->list[facts->count++] = fact;
	else
		free(fact.path);
	return status;
}

/* Questions about a path of which one is answered by what the file is like. */
enum { OF_STATUS = FACT_STATUS | FACT_CONTENTS | FACT_NAMES | FACT_SHARED | FACT_PROGRAM };

bool fact_needs_link(const struct fact *fact)
{
	return (fact->asked & FACT_LINK_STATUS) != 0 || fact->link.error != 0 ||
	       S_ISLNK(fact->link.mode);
}

/* Whether a later look has found something else, as far as that was asked about. */
static bool has_changed(const struct fact_status *then, const struct fact_status *now,
			bool is_status_asked)
{
	if (then->error != now->error || then->device != now->device || then->inode != now->inode)
		return true;
	if (!is_status_asked)
		return false;
	return then->size != now->size || then->mtime_ns != now->mtime_ns ||
	       then->ctime_ns != now->ctime_ns;
}

static enum pyb_status note_unstable(struct facts *facts, const struct fact_note *note,
				     struct pyb_error *error)
{
	const struct fact_note unstable = {
		.kind = FACT_UNSTABLE, .call = note->call, .path = note->path};

	return find_alike(facts, &unstable) == NULL ? add(facts, &unstable, error) : PYB_OK;
}

static bool is_harmless(const struct facts *facts, const struct fact_note *note)
{
	switch (note->kind) {
	case FACT_TIME:
		return (facts->harmless & TRACE_BODY_TIME) != 0;
	case FACT_RANDOM:
		return (facts->harmless & TRACE_BODY_RANDOM) != 0;
	case FACT_PROCESS_ID:
		return (facts->harmless & TRACE_BODY_PROCESS) != 0;
	case FACT_PATH:
		return (facts->harmless & TRACE_BODY_PATH) != 0;
	case FACT_WORKING_FOLDER:
		return (facts->harmless & TRACE_BODY_FOLDER) != 0;
	case FACT_KERNEL_OBJECT:
		return (facts->harmless & TRACE_BODY_EPOLL) != 0 &&
		       strncmp(note->call, "epoll_create", strlen("epoll_create")) == 0;
	default:
		return false;
	}
}

enum pyb_status facts_note(struct facts *facts, const struct fact_note *note,
			   struct pyb_error *error)
{
	if (is_harmless(facts, note)) {
		facts->has_made_epoll |= note->kind == FACT_KERNEL_OBJECT;
		return PYB_OK;
	}
	struct fact *const fact = find_alike(facts, note);
	if (fact == NULL)
		return add(facts, note, error);
	fact->asked |= note->asked;
	if (fact->error == 0)
		fact->error = note->error;
	const enum pyb_status status = take_value(fact, note, error);
	if (status != PYB_OK || fact->kind != FACT_PATH || note->look == NULL ||
	    !(has_changed(&fact->target, &note->look->target, (fact->asked & OF_STATUS) != 0) ||
	      has_changed(&fact->link, &note->look->link, fact_needs_link(fact))))
		return status;
	return note_unstable(facts, note, error);
}

bool fact_is_of(const struct fact *fact, const struct fact_status *status)
{
	return is_of_path(fact->kind) && fact->target.error == 0 && status->error == 0 &&
	       fact->target.device == status->device && fact->target.inode == status->inode;
}

bool facts_mark(struct facts *facts, const struct fact_status *status, unsigned asked)
{
	bool is_known = false;

	for (size_t i = 0; i < facts->count; i++) {
		if (!fact_is_of(&facts->list[i], status))
			continue;
		facts->list[i].asked |= asked;
		is_known = true;
	}
	return is_known;
}

/* --- devices of which the kernel is the maker (its Documentation/admin-guide/devices.txt) */

enum { MEMORY_DEVICES = 1 };

enum {
	NULL_DEVICE = 3,
	ZERO_DEVICE = 5,
	FULL_DEVICE = 7,
	RANDOM_DEVICE = 8,
	URANDOM_DEVICE = 9,
};

static unsigned memory_device(const struct fact_status *status)
{
	const bool is_one = S_ISCHR(status->mode) && major(status->special) == MEMORY_DEVICES;

	return is_one ? minor(status->special) : 0;
}

bool facts_is_plain_device(const struct fact_status *status)
{
	const unsigned device = memory_device(status);

	return device == NULL_DEVICE || device == ZERO_DEVICE || device == FULL_DEVICE;
}

bool facts_is_random_device(const struct fact_status *status)
{
	const unsigned device = memory_device(status);

	return device == RANDOM_DEVICE || device == URANDOM_DEVICE;
}

/* --- all of them */

static void release(const struct fact *fact)
{
	free(fact->path);
	free(fact->value);
}

static int compare_facts(const void *left, const void *right)
{
	return compare(left, right);
}

/*
 * Limits of which the C library and the importer make up their minds at the start: the size of the stack
 * is compared in each case (struct snapshot_process), with a limit on memory no snapshot is used.
 */
static bool is_own_limit(uint64_t resource)
{
	return resource == RLIMIT_STACK || resource == RLIMIT_AS || resource == RLIMIT_DATA;
}

static bool is_own_file(const char *path)
{
	/* For the bounds of the stack, which each process finds out anew. */
	if (strcmp(path, "/proc/self/maps") == 0)
		return true;
	/* mimalloc's way to reserve memory depends on it, and nothing that a program could see. */
	return strcmp(path, "/proc/sys/vm/overcommit_memory") == 0;
}

static bool is_own(const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_LIMIT:
		return is_own_limit(fact->number);
	case FACT_KERNEL_FILE:
		return is_own_file(fact->path);
	case FACT_DESCRIPTOR:
	case FACT_TERMINAL:
		return fact->number <= STDERR_FILENO;
	case FACT_SIGNAL:
	/* The C library blocks all for a moment, and sets it back. */
	case FACT_SIGNAL_MASK:
	case FACT_TIME:
	case FACT_RANDOM:
	case FACT_PROCESS_ID:
	case FACT_MEMORY:
	/* pthread_getattr_np(3), with which CPython 3.14 finds the bounds of its stack, asks for them, too. */
	case FACT_PROCESSORS:
		return true;
	default:
		return false;
	}
}

void facts_forget_own(struct facts *facts)
{
	size_t kept = 0;

	for (size_t i = 0; i < facts->count; i++) {
		struct fact *const fact = &facts->list[i];
		if (is_own(fact))
			release(fact);
		else
			facts->list[kept++] = *fact;
	}
	facts->count = kept;
}

void facts_sort(struct facts *facts)
{
	if (facts->count > 1)
		qsort(facts->list, facts->count, sizeof(*facts->list), compare_facts);
}

bool fact_stops(enum fact_kind kind)
{
	return kind >= FACT_THREAD;
}

const struct fact *facts_find(const struct facts *facts, enum fact_kind kind, const char *path,
			      uint64_t number)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *const fact = &facts->list[i];
		if (fact->kind == kind && fact->number == number &&
		    compare_text(fact->path, path) == 0)
			return fact;
	}
	return NULL;
}

void facts_release(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		release(&facts->list[i]);
	for (size_t i = 0; i < facts->pending_count; i++)
		free(facts->pending[i].look.path);
	free(facts->list);
	free(facts->inherited);
	free(facts->pending);
	*facts = (struct facts){0};
}
