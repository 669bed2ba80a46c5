/* SPDX-License-Identifier: MIT */
/* A table of guards for tests, and whether they hold. To be included once. */
#ifndef TESTS_UNIT_GUARD_TABLE_H
#define TESTS_UNIT_GUARD_TABLE_H

#include <check.h>
#include <string.h>

#include "lib/format.h"
#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"

enum { TABLE_GUARDS = 1024, TABLE_STRINGS = 64 * 1024, TEXT_SIZE = 1024 };

/* A snapshot of nothing that has guards. */
static struct {
	struct snapshot_guard guards[TABLE_GUARDS];
	char strings[TABLE_STRINGS];
	struct snapshot snapshot;
} table;

static inline void table_clear(void)
{
	memset(&table, 0, sizeof(table));
	table.snapshot.guards = table.guards;
	table.snapshot.strings = table.strings;
	table.snapshot.strings_size = 1;
}

static inline uint32_t table_bytes(const void *bytes, size_t size)
{
	const uint32_t offset = table.snapshot.strings_size;

	ck_assert_uint_lt(offset + size + 1, TABLE_STRINGS);
	memcpy(table.strings + offset, bytes, size);
	table.strings[offset + size] = '\0';
	table.snapshot.strings_size += (uint32_t)size + 1;
	return offset;
}

static inline struct snapshot_guard *table_add(enum guard_kind kind, const char *name)
{
	ck_assert_uint_lt(table.snapshot.guard_count, TABLE_GUARDS);
	struct snapshot_guard *const guard = &table.guards[table.snapshot.guard_count++];

	guard->kind = kind;
	guard->name = name == NULL ? 0 : table_bytes(name, strlen(name));
	return guard;
}

static inline struct snapshot_guard *table_add_value(enum guard_kind kind, const char *name,
						     const void *value, size_t size)
{
	struct snapshot_guard *const guard = table_add(kind, name);

	guard->value = table_bytes(value, size);
	guard->value_size = (uint32_t)size;
	return guard;
}

static inline void table_add_text(enum guard_kind kind, const char *name, const char *value)
{
	table_add_value(kind, name, value, strlen(value));
}

static inline void table_add_path(enum guard_kind kind, const char *path)
{
	struct snapshot_guard *const guard = table_add(kind, path);
	struct guard_status status;

	pyb_guard_look(path, kind != GUARD_LINK, &status);
	if (kind == GUARD_PRESENT)
		guard->status = (struct guard_status){.error = status.error, .mode = status.mode};
	else
		guard->status = status;
}

static inline bool table_is_sound(void)
{
	const struct pyb_snapshot_limits limits = {.page_size = PYB_PAGE_SIZE,
						   .bundle_size = UINT64_MAX};

	return pyb_snapshot_check(&table.snapshot, &limits, NULL) == PYB_OK;
}

static char *const nothing[] = {NULL};
static const struct guard_world empty_world = {.arguments = nothing, .environment = nothing};

static inline void assert_holds(const struct guard_world *world)
{
	struct guard_miss miss;
	char text[TEXT_SIZE];

	ck_assert(table_is_sound());
	if (pyb_guards_hold(&table.snapshot, world, &miss))
		return;
	pyb_guard_describe_miss(&table.snapshot, &miss, world, text, sizeof(text));
	ck_abort_msg("%s", text);
}

/* One guard alone misses, whichever way it is looked at, with these words. */
static inline void assert_misses(const struct guard_world *world, const char *words)
{
	struct guard_miss miss, same;
	char text[TEXT_SIZE];
	uint32_t count = 0;

	ck_assert(table_is_sound());
	ck_assert(!pyb_guards_hold(&table.snapshot, world, &miss));
	for (uint32_t i = 0; i < table.snapshot.guard_count; i++) {
		if (pyb_guard_holds(&table.snapshot, i, world, &same))
			continue;
		count++;
		ck_assert_uint_eq(same.guard, i);
		ck_assert_uint_eq(miss.guard, i);
		ck_assert_ptr_eq(miss.entry, same.entry);
	}
	ck_assert_uint_eq(count, 1);
	pyb_guard_describe_miss(&table.snapshot, &miss, world, text, sizeof(text));
	ck_assert_str_eq(text, words);
}

#endif
