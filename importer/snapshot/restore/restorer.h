/* SPDX-License-Identifier: MIT */
/*
 * The code that exchanges the memory of a process. While it runs nothing else is there: neither a C
 * library nor the program that it was part of. So it is copied to a place that stays, takes nothing from
 * the stack, and does no more than to go through a list of steps, which was written before.
 */
#ifndef IMPORTER_SNAPSHOT_RESTORE_RESTORER_H
#define IMPORTER_SNAPSHOT_RESTORE_RESTORER_H

#include <stddef.h>
#include <stdint.h>

/* What a step does. Zero and above is a system call's number. */
enum restore_action {
	RESTORE_WRITE_WORD = -1, /* arguments: address, the 8 bytes for it */
	RESTORE_WRITE_HALF = -2, /* address, 4 bytes */
	RESTORE_SET_THREAD = -3, /* the thread pointer; on x86-64 that is a system call */
	RESTORE_ENTER = -4,      /* function, initial stack pointer, the function's argument */
};

/* What a system call whose outcome does not matter is expected to return: none does. */
#define RESTORE_ANY INT32_MIN

struct restore_step {
	int64_t action; /* enum restore_action, or a system call */
	uint64_t arguments[6];
	int64_t expected; /* what the system call returns, or RESTORE_ANY; else 0 */
};

/* The steps follow it. Where a system call returns anything else it goes on with the step `failure`. */
struct restore_list {
	const struct restore_step *failure;
	uint64_t reserved[7]; /* 0: steps begin at multiples of their size */
	struct restore_step steps[];
};

/* The code, to be copied: a function that gets the list and does not return. Its size in bytes. */
extern const uint8_t restorer_begin[];
extern const uint8_t restorer_end[];

static inline size_t restorer_size(void)
{
	return (uintptr_t)restorer_end - (uintptr_t)restorer_begin;
}

#endif
