/* SPDX-License-Identifier: MIT */
/* Where the static objects of the interpreter are. */
#ifndef IMPORTER_CPYTHON_INTERPRETER_SEGMENT_H
#define IMPORTER_CPYTHON_INTERPRETER_SEGMENT_H

#include <stdint.h>

/* The memory of the segment that holds the interpreter's types, and so can be read. */
struct interpreter_segment {
	uintptr_t start, end; /* 0 if it was not found */
};

/* The segment that has the interpreter's types: all of it can be read. Needs no initialized interpreter. */
struct interpreter_segment interpreter_segment_find(void);

/*
 * Those of its pages that hold what is in the file and can be written to: before them is what the dynamic
 * linker has made read-only, behind them are zeros. Both ends are 0 if they were not found.
 */
struct interpreter_segment interpreter_segment_find_data(void);

#endif
