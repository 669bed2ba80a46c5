/* SPDX-License-Identifier: MIT */
/*
 * What the interpreter's thread state knows of the thread of the operating system that it belongs to. All
 * functions need the GIL.
 */
#ifndef IMPORTER_CPYTHON_THREAD_STATE_H
#define IMPORTER_CPYTHON_THREAD_STATE_H

#include "importer/cpython/compat.h"

enum { THREAD_STATE_WORDS = 5 };

/* Whether all of it is known, of the interpreter that runs. */
bool thread_state_is_known(void);

/*
 * While no Python code is running: wipe what frames that are gone have left on the interpreter's own stack,
 * which may look like anything, and the thread's number, which thread_state_renew() tells it again.
 */
void thread_state_wipe(void);

/* The words that are addresses on the stack of the thread, which thread_state_renew() sets. Returns how many. */
size_t thread_state_stack_words(const void *words[THREAD_STATE_WORDS]);

/* The thread state belongs to the calling thread now, and to its stack. */
void thread_state_renew(void);

#endif
