/* SPDX-License-Identifier: MIT */
/* The manifest parser, and the patterns that a manifest may have. */
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"
#include "tests/fuzz/target.h"

static void check_names(const struct manifest_list *list, bool patterns)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *const item = list->items[i];

		fuzz_must(list->lines[i] > 0, "an item has a line", item);
		fuzz_must(manifest_is_module_name(item) || (patterns && manifest_is_pattern(item)),
			  "a list has names only", item);
		/* A name matches itself; a pattern need not. */
		fuzz_must(manifest_pattern_matches(item, item) || manifest_is_pattern(item),
			  "a name matches itself", item);
		(void)manifest_pattern_matches(item, list->items[list->count - 1 - i]);
	}
}

static void check_manifest(const struct manifest *manifest)
{
	fuzz_must(manifest_is_bundle_name(manifest->name), "the name is one", manifest->name);
	fuzz_must(manifest->python == NULL || manifest->python[0] == '/',
		  "the interpreter's path is absolute", manifest->python);
	fuzz_must(manifest->optimize >= 0 && manifest->optimize <= 2, "a level is in range", NULL);
	fuzz_must(manifest->compression_level >= 0 && manifest->compression_level <= 19,
		  "a level is in range", NULL);
	for (size_t i = 0; i < manifest->paths.count; i++)
		fuzz_must(manifest->paths.items[i][0] == '/', "a path is absolute",
			  manifest->paths.items[i]);
	check_names(&manifest->startup, false);
	check_names(&manifest->modules, true);
	check_names(&manifest->absent, false);
	check_names(&manifest->exclude, true);
}

static void check_problems(enum pyb_status status, const struct manifest_problems *problems)
{
	fuzz_must((problems->count > 0) == (status == PYB_ERR_INVALID),
		  "there are problems if it is invalid, and only then", NULL);
	for (size_t i = 0; i < problems->count; i++)
		fuzz_must(strchr(problems->lines[i], '\n') == NULL, "a problem is one line",
			  problems->lines[i]);
}

/* The first line as a pattern, the second as a name. */
static void try_pattern(char *text)
{
	char *const end = strchr(text, '\n');

	if (end == NULL)
		return;
	*end = '\0';
	const bool is_name = manifest_is_module_name(text);
	fuzz_must(!is_name || !manifest_is_pattern(text), "a name is no pattern", text);
	const bool matches = manifest_pattern_matches(text, end + 1);
	fuzz_must(!is_name || matches == (strcmp(text, end + 1) == 0),
		  "a pattern without wildcards matches what it spells", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *const exact = fuzz_copy(data, size);
	char *const text = fuzz_text(data, size);
	struct manifest manifest;
	struct manifest_problems problems;
	struct pyb_error error = {0};
	const enum pyb_status status = manifest_parse("/folder/app.yaml", (const char *)exact, size,
						      &manifest, &problems, &error);

	check_problems(status, &problems);
	if (status == PYB_OK)
		check_manifest(&manifest);
	try_pattern(text);
	manifest_release(&manifest);
	manifest_problems_release(&problems);
	free(exact);
	free(text);
	return 0;
}
