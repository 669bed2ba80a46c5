/* SPDX-License-Identifier: MIT */
/*
 * Follows a program, `facts COMMAND ARGUMENT...`, to its end, and prints what it depended on: `paths` with
 * -p as the first argument, else sentences. The program's output goes nowhere.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundler/snapshot/facts.h"

enum { SECONDS = 300 };

enum { FAILED = 1, NOT_POSSIBLE = 77 };

/* The paths that system calls named; what the program was made of has been mapped without one. */
static void print_path(const struct fact *fact)
{
	const unsigned program = FACT_PROGRAM | FACT_CONTENTS;

	if (fact->path != NULL && fact->asked != program)
		puts(fact->path);
}

static void print(const struct facts *facts, bool only_paths)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (only_paths) {
			print_path(&facts->list[i]);
			continue;
		}
		fact_write(stdout, &facts->list[i]);
		putchar('\n');
	}
}

static enum pyb_status follow(char *const argv[], struct facts *facts, struct pyb_error *error)
{
	const struct trace_watcher watcher = facts_watcher(facts);
	struct trace trace = TRACE_INIT;
	struct trace_outcome outcome;
	sigset_t mask;

	sigemptyset(&mask);
	const struct spawn spawn = {.argv = argv,
				    .environment = environ,
				    .mask = &mask,
				    .is_mute = true,
				    .dies_first = true};
	enum pyb_status status = trace_start(&trace, &spawn, error);
	if (status == PYB_OK)
		status = trace_follow(&trace, &watcher, SECONDS, &outcome, error);
	if (status == PYB_OK && (outcome.event != TRACE_EXITED || outcome.value != 0))
		status = pyb_error_set(error, PYB_ERR_IO, "%s has failed", argv[0]);
	trace_finish(&trace);
	return status;
}

int main(int argc, char **argv)
{
	const bool only_paths = argc > 1 && strcmp(argv[1], "-p") == 0;
	char *const *const command = argv + 1 + only_paths;
	struct facts facts = {0};
	struct pyb_error error = {0};

	if (command[0] == NULL)
		return FAILED;
	const enum pyb_status status = follow(command, &facts, &error);
	if (status == PYB_OK) {
		facts_sort(&facts);
		print(&facts, only_paths);
	} else {
		fprintf(stderr, "%s\n", error.text);
	}
	facts_release(&facts);
	if (status == PYB_ERR_UNSUPPORTED)
		return NOT_POSSIBLE;
	return status == PYB_OK ? 0 : FAILED;
}
