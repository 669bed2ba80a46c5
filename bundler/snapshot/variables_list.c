/* SPDX-License-Identifier: MIT */
/* The list of variables, and the families that are in each. */
#include <stdlib.h>
#include <string.h>

#include "bundler/snapshot/variables_parts.h"
#include "lib/array.h"

/*
 * What is read without getenv(3), while a process begins. A snapshot depends on these whatever was
 * recorded. Only what is set can be compared: a family says that nothing else of it is.
 */
static const struct family {
	const char *prefix;
	const char *reader;
} families[] = {
	/* glibc: elf/dl-support.c and elf/rtld.c, process_envvars() */
	{"LD_", "the dynamic linker"},
	/* glibc: elf/dl-tunables.c, __tunables_init(); names in elf/dl-tunables.list */
	{"GLIBC_TUNABLES", "the C library"},
	{"MALLOC_", "the C library"},
	/* CPython 3.13 and later: Objects/mimalloc/prim/unix/prim.c, _mi_prim_getenv(), which takes
	   both kinds of letters. Called before main() whether mimalloc is used or not. */
	{"MIMALLOC_", "mimalloc"},
	{"mimalloc_", "mimalloc"},
};

/* The length of an entry's name if there is one; entries without `=` are no variables. */
static size_t name_length(const char *entry)
{
	const char *const end = strchr(entry, '=');

	return end == NULL ? 0 : (size_t)(end - entry);
}

const char *environment_find(char *const *environment, const char *name)
{
	const size_t length = strlen(name);

	for (; length > 0 && *environment != NULL; environment++)
		if (name_length(*environment) == length && memcmp(*environment, name, length) == 0)
			return *environment + length + 1;
	return NULL;
}

bool variables_have(const struct variables *variables, const char *name)
{
	for (size_t i = 0; i < variables->count; i++)
		if (variables->list[i].kind != VARIABLE_FAMILY &&
		    strcmp(variables->list[i].name, name) == 0)
			return true;
	return false;
}

static void release(struct variable *variable)
{
	free(variable->name);
	free(variable->value);
	free(variable->reader);
}

static enum pyb_status add(struct variables *variables, enum variable_kind kind, const char *name,
			   const char *value, const char *reader, struct pyb_error *error)
{
	void *list = variables->list;
	const enum pyb_status status =
		pyb_array_grow(&list, variables->count, sizeof(*variables->list), error);

	if (status != PYB_OK)
		return status;
	variables->list = list;
	struct variable variable = {.kind = kind, .name = strdup(name), .reader = strdup(reader)};
	if (value != NULL)
		variable.value = strdup(value);
	if (variable.name == NULL || variable.reader == NULL ||
	    (value != NULL && variable.value == NULL)) {
		release(&variable);
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	}
	variables->list[variables->count++] = variable;
	return PYB_OK;
}

enum pyb_status variables_note(struct variables *variables, char *const *environment,
			       const char *name, const char *reader, struct pyb_error *error)
{
	const char *const value = environment_find(environment, name);

	if (variables_have(variables, name))
		return PYB_OK;
	return add(variables, value == NULL ? VARIABLE_ABSENT : VARIABLE_VALUE, name, value, reader,
		   error);
}

/* Those of a family that are set. */
static enum pyb_status note_members(struct variables *variables, char *const *environment,
				    const struct family *family, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (char *const *entry = environment; *entry != NULL && status == PYB_OK; entry++) {
		if (name_length(*entry) < strlen(family->prefix) ||
		    strncmp(*entry, family->prefix, strlen(family->prefix)) != 0)
			continue;
		char *const name = strndup(*entry, name_length(*entry));
		if (name == NULL)
			return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
		status = variables_note(variables, environment, name, family->reader, error);
		free(name);
	}
	return status;
}

enum pyb_status variables_note_families(struct variables *variables, char *const *environment,
					struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && status == PYB_OK; i++) {
		status = add(variables, VARIABLE_FAMILY, families[i].prefix, NULL,
			     families[i].reader, error);
		if (status == PYB_OK)
			status = note_members(variables, environment, &families[i], error);
	}
	return status;
}

static int compare(const void *left, const void *right)
{
	const struct variable *const a = left, *const b = right;
	const int order = strcmp(a->name, b->name);

	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

void variables_sort(struct variables *variables)
{
	if (variables->count > 0)
		qsort(variables->list, variables->count, sizeof(*variables->list), compare);
}

void variables_release(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		release(&variables->list[i]);
	free(variables->list);
	*variables = (struct variables){0};
}
