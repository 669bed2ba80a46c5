/* SPDX-License-Identifier: MIT */
/*
 * Work that another processor does while the interpreter begins. It is done in a thread that the C
 * library does not know of, so that the library goes on as in a process of one thread, and that has
 * ended before the first module is imported.
 */
#ifndef PYSTART_AHEAD_H
#define PYSTART_AHEAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct ahead {
	void (*work)(void *);
	void *argument;
	char *stack;         /* NULL: there is no thread; owned */
	_Atomic(int) thread; /* its number; the kernel sets it to 0 when the thread has ended */
	pid_t process;       /* that has the thread */
};

/*
 * Begin with work(argument). It shares the thread-local variables of the caller, errno among them:
 * it must call nothing that sets errno, allocates or takes locks (system.h is for that), and must not
 * need more than AHEAD_STACK bytes of stack. `ahead` must stay where it is until ahead_wait().
 * Returns false, having done nothing, where there is no thread to be had.
 */
enum { AHEAD_STACK = 128 * 1024 };
bool ahead_start(struct ahead *ahead, void (*work)(void *), void *argument);

/*
 * Wait until the work is done, and free what the thread had. Without a thread, do nothing. Returns
 * false if the work is not done: there is no thread, or this is a copy of the process that had it.
 */
bool ahead_wait(struct ahead *ahead);

#endif
