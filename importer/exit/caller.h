/* SPDX-License-Identifier: MIT */
/*
 * Returning to the caller of a function from deep below it. It is what longjmp(3) does, for a place that nobody
 * has called setjmp(3) at: what the function would give back to its caller is read from the stack, by the tables
 * for unwinding that the ABI wants of each function (System V ABI for AMD64, 3.7 and 6.2; for the Arm 64-bit
 * architecture, AADWARF64), with libgcc's unwinder. No code of the functions in between runs.
 */
#ifndef IMPORTER_EXIT_CALLER_H
#define IMPORTER_EXIT_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
enum { CALLER_REGISTERS = 6 };
#elif defined(__aarch64__)
enum { CALLER_REGISTERS = 19 };
#else
#error "pystart knows x86-64 and aarch64"
#endif

/* A place in a function where one that it has called returns. */
struct caller {
	uintptr_t code;
	uintptr_t stack;
	uintptr_t registers[CALLER_REGISTERS]; /* that a function gives back as they were */
};

/*
 * Find, in the stack of the calling thread, the innermost frame of one of these functions, and where in it what it
 * has called returns. False if there is none, or one of `barrier` is met before it; then *caller is undefined.
 * False too if the processor keeps a stack of return addresses of its own. Reads only; any thread.
 */
bool caller_find(struct caller *caller, const uintptr_t *functions, size_t count,
		 uintptr_t barrier);

/*
 * Return `result` there. The function that is there must not have returned or called another since it was found, and
 * nothing may rely on the frames below. Locks that these hold stay held.
 */
_Noreturn void caller_return(const struct caller *caller, int result);

#endif
