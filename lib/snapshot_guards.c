/* SPDX-License-Identifier: MIT */
#include "lib/snapshot_guards.h"

#include <string.h>

#include "lib/snapshot_guards_parts.h"

/* Neighbouring guards of variables are looked at together, in one pass over the environment, */
enum { RUN_MAX = 256 }; /* but no more than these. */

struct run {
	const struct snapshot *snapshot;
	uint32_t first, count;
	bool is_seen[RUN_MAX]; /* that there is such a variable */
};

/* ---- paths ---- */

static bool is_same_status(const struct guard_status *then, const struct guard_status *now)
{
	return now->error == then->error && now->inode == then->inode && now->size == then->size &&
	       now->mtime_ns == then->mtime_ns && now->ctime_ns == then->ctime_ns &&
	       now->mode == then->mode;
}

static bool is_of_same_mode(const char *path, const struct snapshot_guard *guard,
			    const struct guard_status *now)
{
	return now->error == guard->status.error && now->mode == guard->status.mode &&
	       guard_may_use(path, guard->number);
}

static bool does_path_hold(const struct snapshot *snapshot, const struct snapshot_guard *guard)
{
	const char *const path = guard_name(snapshot, guard);
	struct guard_status now;

	pyb_guard_look(path, guard_follows_links(guard), &now);
	return guard_is_of_mode(guard) ? is_of_same_mode(path, guard, &now)
				       : is_same_status(&guard->status, &now);
}

/* A folder that is as it was has the same names; another one is asked for each. */
static bool do_names_hold(const struct snapshot *snapshot, const struct snapshot_guard *guard)
{
	struct guard_status now;
	char path[GUARD_PATH_MAX];

	pyb_guard_look(guard_name(snapshot, guard), true, &now);
	return is_same_status(&guard->status, &now) || !guard_find_name(snapshot, guard, path);
}

/* ---- variables ---- */

static bool is_of_variable(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_VARIABLE || guard->kind == GUARD_ABSENT ||
	       guard->kind == GUARD_FAMILY;
}

/* Length of an environment entry's name; 0: it is no variable. */
static size_t name_length(const char *entry)
{
	const char *const end = strchr(entry, '=');

	return end == NULL ? 0 : (size_t)(end - entry);
}

/* As strcmp() of a guard's name and this one, which ends with an equals sign. */
static int compare_name(const struct snapshot *snapshot, const struct snapshot_guard *guard,
			const char *name, size_t length)
{
	const char *const wanted = guard_name(snapshot, guard);
	const int order = strncmp(wanted, name, length);

	return order != 0 ? order : wanted[length] != '\0';
}

/*
 * The run's number of the guard that asks for this variable, by binary search; `count` if there is none.
 * A family of the same name lies behind it.
 */
static uint32_t find_guard(const struct run *run, const char *name, size_t length)
{
	const struct snapshot_guard *const guards = run->snapshot->guards + run->first;
	uint32_t low = 0, high = run->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (compare_name(run->snapshot, &guards[middle], name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < run->count && guards[low].kind != GUARD_FAMILY &&
	    compare_name(run->snapshot, &guards[low], name, length) == 0)
		return low;
	return run->count;
}

static bool has_value(const struct snapshot *snapshot, const struct snapshot_guard *guard,
		      const char *value)
{
	return strlen(value) == guard->value_size &&
	       memcmp(value, guard_value(snapshot, guard), guard->value_size) == 0;
}

static bool does_entry_hold(struct run *run, const char *entry, struct guard_miss *miss)
{
	const size_t length = name_length(entry);

	if (length == 0)
		return true;
	const uint32_t number = find_guard(run, entry, length);
	if (number == run->count)
		return true;
	const struct snapshot_guard *const guard = &run->snapshot->guards[run->first + number];
	run->is_seen[number] = true;
	miss->guard = run->first + number;
	return guard->kind == GUARD_VARIABLE && has_value(run->snapshot, guard, entry + length + 1);
}

static bool has_own_guard(const struct snapshot *snapshot, const char *name, size_t length)
{
	for (uint32_t i = 0; i < snapshot->guard_count; i++)
		if (snapshot->guards[i].kind == GUARD_VARIABLE &&
		    compare_name(snapshot, &snapshot->guards[i], name, length) == 0)
			return true;
	return false;
}

static bool does_family_hold(const struct snapshot *snapshot, const struct snapshot_guard *guard,
			     char *const *environment, struct guard_miss *miss)
{
	const char *const prefix = guard_name(snapshot, guard);
	const size_t prefix_length = strlen(prefix);

	for (; *environment != NULL; environment++) {
		if (strncmp(*environment, prefix, prefix_length) != 0)
			continue;
		const size_t length = name_length(*environment);
		if (length >= prefix_length && !has_own_guard(snapshot, *environment, length)) {
			miss->entry = *environment;
			return false;
		}
	}
	return true;
}

static bool does_run_hold(struct run *run, char *const *environment, struct guard_miss *miss)
{
	const struct snapshot_guard *const guards = run->snapshot->guards + run->first;

	for (char *const *entry = environment; *entry != NULL; entry++)
		if (!does_entry_hold(run, *entry, miss))
			return false;
	for (uint32_t i = 0; i < run->count; i++) {
		miss->guard = run->first + i;
		if (guards[i].kind == GUARD_VARIABLE && !run->is_seen[i])
			return false;
		if (guards[i].kind == GUARD_FAMILY &&
		    !does_family_hold(run->snapshot, &guards[i], environment, miss))
			return false;
	}
	return true;
}

/* How many guards from here on are of variables. */
static uint32_t run_length(const struct snapshot *snapshot, uint32_t first)
{
	uint32_t end = first;

	while (end < snapshot->guard_count && end - first < RUN_MAX &&
	       is_of_variable(&snapshot->guards[end]))
		end++;
	return end - first;
}

/* ---- all ---- */

/* Those that are neither of paths nor of variables; one of a kind that is not known does not hold. */
static bool does_value_hold(const struct snapshot *snapshot, const struct snapshot_guard *guard,
			    const struct guard_world *world)
{
	struct guard_answer now;

	guard_ask(guard, guard_name(snapshot, guard), world, &now);
	if (guard->kind == GUARD_MASK)
		return now.number == guard->number;
	return now.value != NULL && now.value_size == guard->value_size &&
	       memcmp(now.value, guard_value(snapshot, guard), now.value_size) == 0;
}

/* Looks at a guard or, where they are of variables, at `count` of them. */
static bool do_hold(const struct snapshot *snapshot, uint32_t first, uint32_t count,
		    const struct guard_world *world, struct guard_miss *miss)
{
	const struct snapshot_guard *const guard = &snapshot->guards[first];

	*miss = (struct guard_miss){.guard = first};
	switch (guard->kind) {
	case GUARD_PATH:
	case GUARD_LINK:
	case GUARD_PRESENT:
	case GUARD_NO_LINK:
		return does_path_hold(snapshot, guard);
	case GUARD_NAMES:
		return do_names_hold(snapshot, guard);
	case GUARD_VARIABLE:
	case GUARD_ABSENT:
	case GUARD_FAMILY: {
		struct run run = {.snapshot = snapshot, .first = first, .count = count};
		return does_run_hold(&run, world->environment, miss);
	}
	default:
		return does_value_hold(snapshot, guard, world);
	}
}

bool pyb_guards_hold(const struct snapshot *snapshot, const struct guard_world *world,
		     struct guard_miss *miss)
{
	for (uint32_t i = 0, count; i < snapshot->guard_count; i += count) {
		const uint32_t variables = run_length(snapshot, i);
		count = variables > 0 ? variables : 1;
		if (!do_hold(snapshot, i, count, world, miss))
			return false;
	}
	return true;
}

bool pyb_guard_holds(const struct snapshot *snapshot, uint32_t guard,
		     const struct guard_world *world, struct guard_miss *miss)
{
	return do_hold(snapshot, guard, 1, world, miss);
}
