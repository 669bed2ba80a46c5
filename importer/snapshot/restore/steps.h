/* SPDX-License-Identifier: MIT */
/* Writing the list that the restorer goes through. It holds as many steps as its owner counted. */
#ifndef IMPORTER_SNAPSHOT_RESTORE_STEPS_H
#define IMPORTER_SNAPSHOT_RESTORE_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/restore/restorer.h"

struct steps {
	struct restore_list *list; /* not owned */
	size_t count;
	size_t capacity; /* more are counted, and not written */
};

/* Bytes of a list with so many steps. */
static inline size_t steps_size(size_t count)
{
	return sizeof(struct restore_list) + count * sizeof(struct restore_step);
}

/* Whether all of them were written. */
static inline bool steps_fit(const struct steps *steps)
{
	return steps->count <= steps->capacity;
}

/* A system call with up to six arguments, and what it has to return (or RESTORE_ANY). */
void steps_add_call(struct steps *steps, int64_t expected, long number,
		    const uint64_t arguments[6]);
#define steps_call(steps, expected, number, ...) \
	steps_add_call((steps), (int64_t)(expected), (number), (const uint64_t[6]){__VA_ARGS__})

void steps_write_word(struct steps *steps, uint64_t address, uint64_t value);

void steps_write_half(struct steps *steps, uint64_t address, uint32_t value);

void steps_set_thread_pointer(struct steps *steps, uint64_t pointer);

/* Go on with `function`, which gets `argument` and does not return, on the stack below this address. */
void steps_enter(struct steps *steps, uint64_t function, uint64_t stack, uint64_t argument);

/* What comes from here on is for the case that a system call before returned something else. */
void steps_begin_failure(struct steps *steps);

#endif
