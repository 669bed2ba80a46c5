/* SPDX-License-Identifier: MIT */
/*
 * Programs that are put to sleep and go on in new processes of themselves: with a word as its first argument
 * such a program makes a snapshot of itself, or becomes one; without it tests what it does then.
 */
#ifndef TESTS_UNIT_REBORN_H
#define TESTS_UNIT_REBORN_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include "importer/snapshot/restore/restore.h"

/* What is done in the second life. */
struct act {
	const char *word;
	void (*act)(const struct restored *restored);
	const char *says; /* all that it prints; NULL: that depends */
};

struct reborn {
	const char *name;   /* of the program */
	void (*live)(void); /* before the snapshot is made */
	const struct act *acts;
	size_t act_count;
};

enum {
	REBORN_RESTORED = 42, /* statuses: the act was done, in whatever life */
	REBORN_REFUSED = 43,  /* the process stayed what it was */
	REBORN_UNPREPARED = 44,
	REBORN_SAID = 1 << 16, /* bytes that are enough for all that acts print */
};

/* What the old process tells the new one. */
#define REBORN_MESSAGE "by the old process"

/* To be called first in main(). Whether the process was one of those; it ends with `*status`. */
bool reborn_is_other(const struct reborn *reborn, int argc, char **argv, int *status);

/* Run a suite, or say why it cannot be tried here. Returns the exit status of main(). */
int reborn_run(Suite *suite);

/*
 * main() of a program of which each act is a test: that it says what it is to say in a second life. Returns the exit
 * status.
 */
int reborn_main(const struct reborn *reborn, int argc, char **argv);

/* --- in tests */

/* What a process does before it becomes the program; false: it cannot here. NULL: nothing. */
typedef bool reborn_preparation(void);

/* Make the snapshot, of a process that was prepared so. */
void reborn_make(const struct reborn *reborn, reborn_preparation *prepare);

/* Start it. While there is no snapshot the act is done by an ordinary process. Returns the status. */
int reborn_start(const struct reborn *reborn, const char *word, reborn_preparation *prepare,
		 char said[REBORN_SAID]);

/* The act in a second life says what it is to say, and ends well. */
void reborn_expect(const struct reborn *reborn, const struct act *act);

void reborn_forget(void);

#endif
