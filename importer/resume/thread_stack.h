/* SPDX-License-Identifier: MIT */
/*
 * How large the stack of a thread is if nobody says. The C library makes it of the limit of the stack
 * (RLIMIT_STACK, `ulimit -s`) when a process begins, and keeps it (glibc: __pthread_early_init()).
 */
#ifndef IMPORTER_RESUME_THREAD_STACK_H
#define IMPORTER_RESUME_THREAD_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* What it is in this process; false if that is not told, or is none that can be set. */
bool thread_stack_find(size_t *size);

/* Make it so. Returns false without memory. */
bool thread_stack_set(size_t size);

#endif
