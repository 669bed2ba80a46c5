/* SPDX-License-Identifier: MIT */
/*
 * Makes one kind of system call between two marks, for check_facts and check_trace to see: `asking WORD`.
 * The working folder has a file, a folder with an entry, a link to the file and one to nowhere. Not
 * built with sanitizers, which make calls of their own.
 */
#include "tests/unit/asking.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trace_mark.h"

static char here[PATH_MAX];

const char *in_folder(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", here, name);
	return path;
}

/* What is to be so before the first mark. */
static void prepare(const char *word)
{
	static const char name[] = "a_name_of_a_folder_that_is_so_long_that_not_many_are_needed";

	if (strcmp(word, "in_removed_folder") == 0) {
		ignore(chdir("folder"));
		ignore(unlink("entry"));
		ignore(rmdir(in_folder("folder")));
	}
	for (size_t i = 0; strcmp(word, "in_deep_folder") == 0 && i <= PATH_MAX / sizeof(name);
	     i++) {
		ignore(mkdir(name, 0700));
		ignore(chdir(name));
	}
}

static bool has_acted(const struct act *acts, const char *word)
{
	for (; acts->word != NULL; acts++) {
		if (strcmp(acts->word, word) != 0)
			continue;
		prctl(TRACE_MARK, TRACE_MARK_BEGIN, 0, 0, 0);
		acts->act();
		prctl(TRACE_MARK, TRACE_MARK_END, 0, 0, 0);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	if (argc != 2 || getcwd(here, sizeof(here)) == NULL)
		return 99;
	prepare(argv[1]);
	if (has_acted(path_acts, argv[1]) || has_acted(other_acts, argv[1]) ||
	    has_acted(ending_acts, argv[1]))
		return 0;
	fprintf(stderr, "asking: there is no act of the name %s\n", argv[1]);
	return 99;
}
