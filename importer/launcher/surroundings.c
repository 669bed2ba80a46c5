/* SPDX-License-Identifier: MIT */
#include "importer/launcher/surroundings.h"

#include <elf.h>

#include "importer/handoff/handoff.h"
#include "importer/handoff/without.h"
#include "importer/launcher/text.h"

static void read_auxiliary(struct surroundings *surroundings, const Elf64_auxv_t *entry)
{
	for (; entry->a_type != AT_NULL; entry++) {
		if (entry->a_type == AT_EXECFN)
			surroundings->execfn = (const char *)(uintptr_t)entry->a_un.a_val;
		else if (entry->a_type == AT_EUID)
			surroundings->user = (uint32_t)entry->a_un.a_val;
		else if (entry->a_type == AT_SECURE)
			surroundings->secure = entry->a_un.a_val != 0;
	}
}

static size_t count(char *const *vector)
{
	size_t n = 0;

	while (vector[n] != NULL)
		n++;
	return n;
}

void surroundings_read(struct surroundings *surroundings, uintptr_t *stack)
{
	char **const argv = (char **)(stack + 1);
	char **const envp = argv + stack[0] + 1;

	/* As long as the kernel has not said otherwise, nothing is to be trusted. */
	*surroundings = (struct surroundings){
		.argv = argv,
		.envp = envp,
		.argument_count = stack[0],
		.environment_count = count(envp),
		.user = UINT32_MAX,
		.secure = true,
	};
	read_auxiliary(surroundings, (const Elf64_auxv_t *)(envp + count(envp) + 1));
}

/* The value of an entry "NAME=VALUE" if it has that name, given with the equals sign; else NULL. */
static const char *value_of(const char *entry, const char *name)
{
	while (*name != '\0')
		if (*entry++ != *name++)
			return NULL;
	return entry;
}

static bool is_on(const char *value)
{
	return value != NULL && *value != '\0' && !text_equals(value, "0");
}

/* Where a name is there twice, the first one counts, as for getenv(). */
static void take_first(const char **value, const char *entry, const char *name)
{
	const char *const found = value_of(entry, name);
	if (*value == NULL && found != NULL)
		*value = found;
}

void settings_read(struct settings *settings, char *const *envp, bool ignore_ours)
{
	const char *bundle = NULL;
	const char *verbose = NULL;
	const char *stats = NULL;
	const char *without = NULL;

	*settings = (struct settings){0};
	for (; *envp != NULL; envp++) {
		/* The dynamic linker takes the last one. */
		const char *const preload = value_of(*envp, HANDOFF_PRELOAD);
		if (preload != NULL)
			settings->preload = *preload != '\0' ? preload : NULL;
		if (ignore_ours)
			continue;
		take_first(&bundle, *envp, "PYSTART_BUNDLE=");
		take_first(&verbose, *envp, "PYSTART_VERBOSE=");
		take_first(&stats, *envp, "PYSTART_STATS=");
		take_first(&without, *envp, WITHOUT_VARIABLE "=");
	}
	settings->bundle = bundle != NULL && *bundle != '\0' ? bundle : NULL;
	settings->without = without != NULL && *without != '\0' ? without : NULL;
	settings->verbose = is_on(verbose);
	settings->stats = is_on(stats);
}
