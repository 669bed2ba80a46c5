/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/owner.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct map *map_of(const struct dumper *dumper, uint64_t address)
{
	for (size_t i = 0; i < dumper->map_count; i++)
		if (address >= dumper->maps[i].start && address < dumper->maps[i].end)
			return &dumper->maps[i];
	return NULL;
}

void owner_name(const struct dumper *dumper, uint64_t address, char *text, size_t size)
{
	const struct map *const map = map_of(dumper, address);
	Dl_info symbol;

	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	if (dladdr((const void *)(uintptr_t)address, &symbol) == 0)
		snprintf(text, size, "%s",
			 map == NULL || map->name[0] == '\0' ? "memory without a name" : map->name);
	else if (symbol.dli_sname != NULL)
		snprintf(text, size, "%s of %s", symbol.dli_sname, symbol.dli_fname);
	else
		snprintf(text, size, "%s + %#" PRIx64, symbol.dli_fname,
			 address - (uintptr_t)symbol.dli_fbase);
}

static bool is_in_text(const char *text, uint64_t address)
{
	return address - (uintptr_t)text <= strlen(text);
}

void owner_name_target(const struct dumper *dumper, uint64_t address, char *text, size_t size)
{
	const struct initial_stack *const stack = dumper->request->stack;

	for (char **argument = stack->argv; *argument != NULL; argument++)
		if (is_in_text(*argument, address)) {
			snprintf(text, size, "the text of an argument of the command line");
			return;
		}
	for (char **variable = stack->environment; *variable != NULL; variable++)
		if (is_in_text(*variable, address)) {
			snprintf(text, size, "the text of the variable %.*s",
				 (int)strcspn(*variable, "="), *variable);
			return;
		}
	snprintf(text, size, "an address of the stack");
}
