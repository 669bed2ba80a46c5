/* SPDX-License-Identifier: MIT */
/*
 * What the importer is told by the launcher, from an environment that anybody may have made, and
 * what the launcher makes of command lines and variables. An input is strings that end with a NUL:
 * the variable's value, the path of a bundle, PYSTART_WITHOUT, then arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "importer/handoff/handoff.h"
#include "importer/handoff/parse.h"
#include "importer/handoff/without.h"
#include "importer/launcher/hand_over.h"
#include "importer/launcher/options.h"
#include "importer/launcher/surroundings.h"
#include "tests/fuzz/target.h"

enum { ARGUMENT_MAX = 64 };

static char *next_string(char **at, const char *end)
{
	char *const string = *at;

	if (string < end)
		*at += strlen(string) + 1;
	if (*at > end)
		*at = (char *)(uintptr_t)end;
	return string;
}

/* What the launcher writes, the importer reads. */
static void round_trip(const char *path, unsigned int flags)
{
	const struct handoff handoff = {
		.bundle = 3, .importer = 4, .flags = flags, .bundle_path = path, .process = "1"};
	char *const environment[] = {NULL};
	char *entries[HANDOFF_ENTRIES + 1];
	char *const bytes = malloc(handoff_size(&handoff));
	struct handoff_received received;

	if (bytes == NULL)
		abort();
	fuzz_must(handoff_environment(&handoff, environment, 0, entries, bytes),
		  "what is handed over fits", NULL);
	fuzz_must(handoff_parse(entries[0] + strlen(HANDOFF_VARIABLE), &received) ==
			  (path[0] != '\0'),
		  "what is handed over is understood", entries[0]);
	if (path[0] != '\0')
		fuzz_must(received.bundle_descriptor == 3 && received.flags == flags &&
				  strcmp(received.bundle_path, path) == 0,
			  "what is handed over arrives", entries[0]);
	free(bytes);
}

static void read_value(char *value)
{
	struct handoff_received received;

	if (!handoff_parse(value, &received))
		return;
	fuzz_must(received.bundle_descriptor >= 0, "a descriptor is not negative", value);
	fuzz_must(received.bundle_path[0] != '\0', "there is a path", value);
	fuzz_must(value[0] >= '0' && value[0] <= '9', "a number begins with a digit", value);
}

static void read_without(const char *list)
{
	const char *const start = list;
	struct without without;

	while (without_next(&list, &without))
		fuzz_must(without.word >= start && without.word + without.size <= list &&
				  without.size > 0,
			  "a word lies in the list", start);
	fuzz_must(*list == '\0', "the whole list is read", start);
}

static void read_arguments(char *at, char *end)
{
	char *argv[ARGUMENT_MAX + 1] = {NULL};
	size_t count = 0;
	struct options options = {0};
	struct settings settings;

	while (at < end && count < ARGUMENT_MAX)
		argv[count++] = next_string(&at, end);
	settings_read(&settings, argv, false);
	const size_t left = options_take(&options, argv);
	fuzz_must(left <= count && argv[left] == NULL, "arguments only become fewer", NULL);
	fuzz_must(options.end <= options.rest, "what is left begins behind the options", NULL);
	fuzz_must(!options.positional || options.rest < left, "there is such an argument", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const text = fuzz_text(data, size);
	char *at = text;
	char *const end = text + size;
	char *const value = next_string(&at, end);
	const char *const path = next_string(&at, end);
	const char *const list = next_string(&at, end);

	round_trip(path, (unsigned int)size);
	read_without(list);
	read_value(value);
	read_arguments(at, end);
	free(text);
	return 0;
}
