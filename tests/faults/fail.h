/* SPDX-License-Identifier: MIT */
/*
 * What a preloaded fail.so is told, and tells: a file of this form, mapped by it and by who runs the
 * test, is named by the variable FAIL_PLAN. faults.py has the same structure.
 */
#ifndef TESTS_FAULTS_FAIL_H
#define TESTS_FAULTS_FAIL_H

#include <stdint.h>

enum { FAIL_TEXT_SIZE = 256, FAIL_FRAMES = 16 };

enum fail_scope {
	FAIL_ALL = 0, /* all allocations of the process */
	/* Those that are made for code of `object`: it is among the innermost `depth` frames, and the
	 * interpreter's loop is not below it. */
	FAIL_OF_OBJECT = 1,
	/* Of these the ones that `object` itself asks for: nothing of the interpreter is below it. */
	FAIL_BY_OBJECT = 2,
};

struct fail_plan {
	uint64_t scope;
	uint64_t first, last;         /* which allocations fail, counted from 1; first 0: none */
	uint64_t depth;               /* frames */
	char program[FAIL_TEXT_SIZE]; /* the last part of the executable's path */
	char object[FAIL_TEXT_SIZE];  /* a part of the shared object's path */
	/* What happened. */
	uint64_t count;               /* allocations within the scope */
	uint64_t failed;              /* those that failed */
	uint64_t frames[FAIL_FRAMES]; /* who asked for the first one that failed */
	uint64_t bases[FAIL_FRAMES];  /* where the objects of these lie */
	char names[FAIL_TEXT_SIZE];   /* what they are called, as far as they are public */
	uint64_t process;             /* the only one in which any fail; 0: all */
};

/* The plan, for a program that changes it while it runs; NULL without one. */
struct fail_plan *fail_plan(void);

#endif
