/* SPDX-License-Identifier: MIT */
/* Where the static objects of the interpreter are. */
#ifndef IMPORTER_CPYTHON_INTERPRETER_SEGMENT_H
#define IMPORTER_CPYTHON_INTERPRETER_SEGMENT_H

#include <stdint.h>

/* The memory of the segment that holds the interpreter's types, and so can be read. */
struct interpreter_segment {
	uintptr_t start, end; /* 0 if it was not found */
};

/* Needs no initialized interpreter. */
struct interpreter_segment interpreter_segment_find(void);

#endif
