/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/guard_list.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* Offset 0 is the empty string. */
static enum pyb_status add_bytes(struct pyb_buffer *strings, const void *bytes, size_t size,
				 uint32_t *offset, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*offset = 0;
	if (size == 0)
		return PYB_OK;
	if (size >= UINT32_MAX - strings->size)
		return pyb_error_set(error, PYB_ERR_INVALID, "the guards need over 4 GiB");
	*offset = (uint32_t)strings->size;
	status = pyb_buffer_append(strings, bytes, size, error);
	return status == PYB_OK ? pyb_buffer_append(strings, "", 1, error) : status;
}

enum pyb_status guard_list_add(struct guard_list *list, const struct guard_text *guard,
			       struct pyb_error *error)
{
	void *guards = list->guards;
	struct snapshot_guard made = {
		.kind = guard->kind,
		.value_size = (uint32_t)guard->value_size,
		.number = guard->number,
		.status = guard->status,
	};
	enum pyb_status status = pyb_array_grow(&guards, list->count, sizeof(made), error);

	if (status != PYB_OK)
		return status;
	list->guards = guards;
	if (list->strings.size == 0)
		status = pyb_buffer_append(&list->strings, "", 1, error);
	if (status == PYB_OK && guard->name != NULL)
		status = add_bytes(&list->strings, guard->name, strlen(guard->name), &made.name,
				   error);
	if (status == PYB_OK)
		status = add_bytes(&list->strings, guard->value, guard->value_size, &made.value,
				   error);
	if (status == PYB_OK)
		list->guards[list->count++] = made;
	return status;
}

/* What takes no system call comes first, then what takes one for each value, then paths. */
static int rank(const struct snapshot_guard *guard)
{
	switch (guard->kind) {
	case GUARD_ARGUMENT:
	case GUARD_SCRIPT:
		return 0;
	/* These have to be sorted by name. */
	case GUARD_VARIABLE:
	case GUARD_ABSENT:
	case GUARD_FAMILY:
		return 1;
	case GUARD_PATH:
	case GUARD_PLACE: /* before those that ask for its file */
		return 4;
	case GUARD_LINK:
	case GUARD_NO_LINK:
		return 5;
	case GUARD_PRESENT:
	case GUARD_NAMES:
		return 6;
	default:
		return 3;
	}
}

static int compare(const void *left, const void *right)
{
	const struct snapshot_guard *const one = left, *const other = right;
	const int order = rank(one) - rank(other);

	if (order != 0)
		return order;
	/* A text that was added later lies behind the others. */
	if (one->name != other->name)
		return one->name < other->name ? -1 : 1;
	return (one->number > other->number) - (one->number < other->number);
}

void guard_list_sort(struct guard_list *list)
{
	if (list->count > 1)
		qsort(list->guards, list->count, sizeof(*list->guards), compare);
}

void guard_list_release(struct guard_list *list)
{
	free(list->guards);
	pyb_buffer_release(&list->strings);
	*list = (struct guard_list){0};
}
