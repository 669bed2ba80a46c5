/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/facts_guards.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bundler/snapshot/facts_parts.h"

/* --- what has no guard */

/* The text tells what the fact is. */
static enum pyb_status refuse(const struct fact *fact, const char *why, struct pyb_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *const stream = open_memstream(&text, &size);

	if (stream == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const bool is_written = fact_write(stream, fact) >= 0;
	if (fclose(stream) != 0 || !is_written) {
		free(text);
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	}
	/* What was changed just then may not be the next time. */
	const enum pyb_status status =
		fact->kind == FACT_UNSTABLE ? PYB_ERR_AGAIN : PYB_ERR_UNSUPPORTED;
	pyb_error_set(error, status, "the interpreter's start %s%s", text, why);
	free(text);
	return status;
}

/* User and groups are compared by struct snapshot_process, capabilities are not. */
static bool is_compared_identity(const struct fact *fact)
{
	return strncmp(fact->call, "get", strlen("get")) == 0;
}

/* What is done on a signal: which are ignored is compared; what the program has set is not carried over. */
static bool is_compared_signal(const struct fact *fact)
{
	return (fact->asked & FACT_HANDLED) == 0;
}

/*
 * CPython asks this clock each time that it takes a lock, also if it does not mean to wait for it
 * (Python/thread_pthread.h), and makes nothing of the answer then. Programs that ask it are seen by variables.h.
 */
static bool is_clock_of_locks(const struct fact *fact)
{
	return strcmp(fact->call, "clock_gettime") == 0 && fact->number == CLOCK_MONOTONIC;
}

/* Why a fact that does not stop every snapshot has no guard either; NULL: it has one, or needs none. */
static const char *what_is_wrong(const struct fact *fact)
{
	static const char another[] = ", and another process is told something else";
	static const char uncompared[] = ", which cannot be compared";

	switch (fact->kind) {
	case FACT_PATH:
		return (fact->asked & FACT_RELATIVE) != 0
			       ? "; programs are started in other folders, too"
			       : NULL;
	case FACT_WORKING_FOLDER:
		return "; programs are started in other folders, too";
	case FACT_IDENTITY:
		return is_compared_identity(fact) ? NULL : uncompared;
	case FACT_SIGNAL:
		return is_compared_signal(fact) ? NULL : ", and that is not carried over";
	case FACT_LIMIT:
	case FACT_PROCESSORS:
	case FACT_SYSTEM:
		return fact->error == 0 && fact->value != NULL ? NULL : uncompared;
	case FACT_UMASK:
		return NULL;
	case FACT_TIME:
		return is_clock_of_locks(fact) ? NULL : another;
	case FACT_RANDOM:
	case FACT_PROCESS_ID:
	case FACT_MEMORY:
		return another;
	default:
		return uncompared;
	}
}

static enum pyb_status check(const struct fact *fact, struct pyb_error *error)
{
	const char *const why = fact_stops(fact->kind) ? "" : what_is_wrong(fact);

	return why == NULL ? PYB_OK : refuse(fact, why, error);
}

enum pyb_status facts_check(const struct facts *facts, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	/* What was done comes first, for that the user can change: a thread also tells the kernel its name. */
	for (size_t i = 0; i < facts->count && status == PYB_OK; i++)
		if (fact_stops(facts->list[i].kind))
			status = check(&facts->list[i], error);
	for (size_t i = 0; i < facts->count && status == PYB_OK; i++)
		status = check(&facts->list[i], error);
	return status;
}

/* --- paths */

/* Questions of which the answers are in what stat(2) tells. */
enum { LOOKED_INTO = FACT_STATUS | FACT_CONTENTS | FACT_NAMES | FACT_SHARED };

static struct guard_status guard_status_of(const struct fact_status *status)
{
	return (struct guard_status){
		.mode = status->mode,
		.error = status->error,
		.inode = status->inode,
		.size = status->size,
		.mtime_ns = status->mtime_ns,
		.ctime_ns = status->ctime_ns,
	};
}

/* One that the restore opens, and compares with what it was, has been looked at by that. */
static bool is_mapped_file(const struct fact *fact, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		if (strcmp(fact->path, snapshot->strings + snapshot->files[i].path) == 0)
			return true;
	return false;
}

/*
 * What access(2) was asked and has answered, as a guard has it. Who may read a file is told by times that each change
 * of its owner, mode and list sets, where these are compared; who may write to it or execute it depends on how it is
 * mounted, too.
 */
static uint64_t access_of(const struct fact *fact)
{
	const uint64_t all = fact->asked >> FACT_ACCESS_SHIFT;
	const uint64_t reading = 1U << R_OK | 1U << (GUARD_ACCESS_MODES + R_OK);

	return (fact->asked & LOOKED_INTO) != 0 ? all & ~reading : all;
}

static enum pyb_status add_path(const struct fact *fact, enum guard_kind kind,
				const struct fact_status *status, struct guard_list *list,
				struct pyb_error *error)
{
	struct guard_text guard = {
		.kind = kind, .name = fact->path, .status = guard_status_of(status)};

	if (kind == GUARD_PRESENT || kind == GUARD_NO_LINK)
		guard.status = (struct guard_status){.error = status->error, .mode = status->mode};
	if (kind == GUARD_PRESENT && status->error == 0)
		guard.number = access_of(fact);
	return guard_list_add(list, &guard, error);
}

/* What was asked of the file that it leads to. A device's times are those of the machine's start. */
static enum pyb_status guard_target(const struct fact *fact, struct guard_list *list,
				    struct pyb_error *error)
{
	const bool is_plain = fact->target.error != 0 || facts_is_plain_device(&fact->target) ||
			      (fact->asked & LOOKED_INTO) == 0;

	enum pyb_status status = PYB_OK;

	if (is_plain || access_of(fact) != 0)
		status = add_path(fact, GUARD_PRESENT, &fact->target, list, error);
	if (status == PYB_OK && !is_plain)
		status = add_path(fact, GUARD_PATH, &fact->target, list, error);
	return status;
}

static enum pyb_status guard_path(const struct fact *fact,
				  const struct guarded_elsewhere *elsewhere,
				  struct guard_list *list, struct pyb_error *error)
{
	const bool is_asked_as_link = (fact->asked & FACT_LINK) != 0;
	enum pyb_status status = PYB_OK;

	if (strcmp(fact->path, elsewhere->bundle) == 0)
		return PYB_OK;
	if (is_asked_as_link)
		status = add_path(fact, fact_needs_link(fact) ? GUARD_LINK : GUARD_NO_LINK,
				  &fact->link, list, error);
	/* Where there is not even a link, there is no file either. */
	if (status != PYB_OK || (is_asked_as_link && fact->link.error != 0) ||
	    (fact->asked & (LOOKED_INTO | FACT_EXISTENCE)) == 0 ||
	    is_mapped_file(fact, &elsewhere->snapshot))
		return status;
	return guard_target(fact, list, error);
}

/* --- values */

static enum pyb_status guard_host(const struct fact *fact, struct guard_list *list,
				  struct pyb_error *error)
{
	struct utsname names;

	if (fact->value_size != sizeof(names))
		return refuse(fact, ", which cannot be compared", error);
	memcpy(&names, fact->value, sizeof(names));
	const struct guard_text guard = {.kind = GUARD_HOST,
					 .value = names.nodename,
					 .value_size =
						 strnlen(names.nodename, sizeof(names.nodename))};
	return guard_list_add(list, &guard, error);
}

static enum pyb_status guard_mask(const struct fact *fact, struct guard_list *list,
				  struct pyb_error *error)
{
	int64_t mask;

	if (fact->value_size != sizeof(mask))
		return refuse(fact, ", which cannot be compared", error);
	memcpy(&mask, fact->value, sizeof(mask));
	const struct guard_text guard = {.kind = GUARD_MASK, .number = (uint64_t)mask};
	return guard_list_add(list, &guard, error);
}

static enum pyb_status guard_bytes(const struct fact *fact, enum guard_kind kind,
				   struct guard_list *list, struct pyb_error *error)
{
	const struct guard_text guard = {.kind = kind,
					 .value = fact->value,
					 .value_size = fact->value_size,
					 .number = fact->number};

	return guard_list_add(list, &guard, error);
}

static enum pyb_status guard_fact(const struct fact *fact,
				  const struct guarded_elsewhere *elsewhere,
				  struct guard_list *list, struct pyb_error *error)
{
	switch (fact->kind) {
	case FACT_PATH:
		return guard_path(fact, elsewhere, list, error);
	case FACT_SYSTEM:
		return guard_host(fact, list, error);
	case FACT_UMASK:
		return guard_mask(fact, list, error);
	case FACT_LIMIT:
		return guard_bytes(fact, GUARD_LIMIT, list, error);
	case FACT_PROCESSORS:
		return guard_bytes(fact, GUARD_PROCESSORS, list, error);
	default:
		return PYB_OK;
	}
}

enum pyb_status facts_to_guards(const struct facts *facts,
				const struct guarded_elsewhere *elsewhere, struct guard_list *list,
				struct pyb_error *error)
{
	enum pyb_status status = facts_check(facts, error);

	for (size_t i = 0; i < facts->count && status == PYB_OK; i++)
		status = guard_fact(&facts->list[i], elsewhere, list, error);
	return status;
}

/* --- times that tell nothing */

/* Each change sets the second time, and nobody can set it otherwise. */
static bool is_new(const struct fact_status *status, int64_t since)
{
	return status->error == 0 && status->ctime_ns >= since - FACTS_SAME_TIME_NS;
}

bool facts_are_too_new(const struct facts *facts, const struct guarded_elsewhere *elsewhere,
		       int64_t since, const char **path)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *const fact = &facts->list[i];
		const bool is_new_file =
			(fact->asked & LOOKED_INTO) != 0 && is_new(&fact->target, since);
		const bool is_new_link = (fact->asked & FACT_LINK) != 0 && fact_needs_link(fact) &&
					 is_new(&fact->link, since);
		if (fact->kind != FACT_PATH || !(is_new_file || is_new_link) ||
		    strcmp(fact->path, elsewhere->bundle) == 0)
			continue;
		*path = fact->path;
		return true;
	}
	return false;
}
