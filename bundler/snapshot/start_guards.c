/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/start_guards.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/snapshot/absent_paths.h"
#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"

static enum pyb_status guard_argument(enum guard_kind kind, const char *argument, uint64_t number,
				      struct guard_list *list, struct pyb_error *error)
{
	const struct guard_text guard = {
		.kind = kind, .number = number, .value = argument, .value_size = strlen(argument)};

	return guard_list_add(list, &guard, error);
}

/*
 * The script has its place behind the option with which it is compiled, if there is one; others, such as -B, are none
 * that the script's modules know.
 */
static enum pyb_status guard_script(const struct start *start, struct guard_list *list,
				    struct pyb_error *error)
{
	const char *const first = (const char *)start->arguments->data;
	const char *const second = first + strlen(first) + 1;
	const bool has_option = second[0] == '-';
	enum pyb_status status =
		has_option ? guard_argument(GUARD_ARGUMENT, second, 1, list, error) : PYB_OK;

	if (status == PYB_OK && !start->is_for_trial)
		status = guard_argument(GUARD_SCRIPT, start->program, has_option ? 2 : 1, list,
					error);
	return status;
}

/* The folder on sys.path in which the script looks for its modules. */
static enum pyb_status guard_place(const char *script, struct guard_list *list,
				   struct pyb_error *error)
{
	char place[PATH_MAX];

	if (realpath(script, place) == NULL)
		return pyb_error_set(error, PYB_ERR_IO, "%s: %s", script, strerror(errno));
	const char *const folder = dirname(place);
	const struct guard_text guard = {
		.kind = GUARD_PLACE, .name = script, .value = folder, .value_size = strlen(folder)};
	return guard_list_add(list, &guard, error);
}

/*
 * The name of the program is the same in each start by the launcher; it decides where modules are. A snapshot
 * of a script is for that script.
 */
static enum pyb_status guard_arguments(const struct start *start, struct guard_list *list,
				       struct pyb_error *error)
{
	const char *const first = (const char *)start->arguments->data;
	const size_t size = start->arguments->size;

	if (size == 0 || first[size - 1] != '\0')
		return pyb_error_set(error, PYB_ERR_INVALID, "the interpreter has no arguments");
	enum pyb_status status = guard_argument(GUARD_ARGUMENT, first, 0, list, error);
	if (status == PYB_OK && start->program != NULL)
		status = guard_script(start, list, error);
	if (status == PYB_OK && start->program != NULL)
		status = guard_place(start->program, list, error);
	return status;
}

static enum pyb_status guard_epoll(const struct start *start, struct guard_list *list,
				   struct pyb_error *error)
{
	const struct guard_text guard = {.kind = GUARD_EPOLL};

	return start->facts->has_made_epoll ? guard_list_add(list, &guard, error) : PYB_OK;
}

static enum pyb_status guard_variables(const struct start *start, struct guard_list *list,
				       struct pyb_error *error)
{
	static const enum guard_kind kinds[] = {
		[VARIABLE_VALUE] = GUARD_VARIABLE,
		[VARIABLE_ABSENT] = GUARD_ABSENT,
		[VARIABLE_FAMILY] = GUARD_FAMILY,
	};
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < start->variables->count && status == PYB_OK; i++) {
		const struct variable *const variable = &start->variables->list[i];
		const struct guard_text guard = {
			.kind = kinds[variable->kind],
			.name = variable->name,
			.value = variable->value,
			.value_size = variable->value == NULL ? 0 : strlen(variable->value)};
		status = guard_list_add(list, &guard, error);
	}
	return status;
}

enum pyb_status start_guards_make(const struct start *start,
				  const struct guarded_elsewhere *elsewhere,
				  struct guard_list *list, struct pyb_error *error)
{
	enum pyb_status status = guard_arguments(start, list, error);

	if (status == PYB_OK)
		status = guard_variables(start, list, error);
	if (status == PYB_OK)
		status = guard_epoll(start, list, error);
	if (status == PYB_OK)
		status = facts_to_guards(start->facts, elsewhere, list, error);
	if (status == PYB_OK)
		status = absent_paths_thin(list, error);
	guard_list_sort(list);
	return status;
}

/* The arguments as a list that ends with NULL; the caller's to free. NULL without memory. */
static char **list_arguments(const struct pyb_buffer *arguments)
{
	const size_t size = arguments->size;
	char **const list = calloc(size + 1, sizeof(*list));
	size_t count = 0;

	for (size_t at = 0; list != NULL && at < size;) {
		char *const argument = (char *)arguments->data + at;
		list[count++] = argument;
		at += strnlen(argument, size - at) + 1;
	}
	return list;
}

enum pyb_status start_guards_check(const struct start *start, const struct pyb_buffer *tables,
				   struct pyb_error *error)
{
	const struct pyb_bytes section = {tables->data, tables->size};
	char text[PYB_ERROR_TEXT_SIZE];
	struct snapshot snapshot;
	struct guard_miss miss;
	enum pyb_status status = pyb_snapshot_open(&section, &snapshot, error);

	if (status != PYB_OK)
		return status;
	char **const arguments = list_arguments(start->arguments);
	if (arguments == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const struct guard_world world = {arguments, start->environment};
	if (!pyb_guards_hold(&snapshot, &world, &miss)) {
		pyb_guard_describe_miss(&snapshot, &miss, &world, text, sizeof(text));
		status = pyb_error_set(error, PYB_ERR_AGAIN, "%s", text);
	}
	free(arguments);
	return status;
}
