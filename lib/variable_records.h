/* SPDX-License-Identifier: MIT */
/*
 * What the bundler is told by the object that records which environment variables a start reads
 * (importer/variables/). Records are as in bundler/process/records.h. The strings of each are a name, or an
 * entry of the environment, and who did it; either may be empty.
 */
#ifndef PYB_VARIABLE_RECORDS_H
#define PYB_VARIABLE_RECORDS_H

enum variable_record {
	VARIABLE_READ = 'r', /* a variable was asked for */
	/* The same, by the interpreter's own C code, before it can import a module from a file: what it
	   asks of PATH then matters only if its name has no slash (CPython: Modules/getpath.py). */
	VARIABLE_READ_EARLY = 'i',
	VARIABLES_READ = 'a',    /* all of them, or which there are */
	VARIABLE_CHANGED = 'c',  /* one was set or removed; without a name: several */
	CLOCK_READ = 't',        /* a function of `time` was called, of which this is the name */
	VARIABLES_USED = 'u',    /* a library uses the C library's list, `environ`, by itself */
	VARIABLES_UNSEEN = 'x',  /* it cannot record; the second string says why */
	VARIABLES_ENTRY = 'v',   /* at the end: an entry that is in the list then */
	VARIABLES_COMPLETE = 'e' /* the start has come to the program */
};

enum {
	VARIABLE_RECORDS = 4,  /* the descriptor to which they are written */
	VARIABLE_RECORDER = 5, /* of the object itself, which is preloaded as /proc/self/fd/5 */
};

#define VARIABLE_RECORDER_PATH "/proc/self/fd/5"

#endif
