/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel begins. There is no C library, so what it would do for the compiler's stack
 * protector is done here.
 */
#include <elf.h>

#include "importer/launcher/launch.h"
#include "importer/launcher/message.h"
#include "importer/launcher/system.h"

/* The names are the compiler's (-mstack-protector-guard=global). */
__attribute__((used)) uintptr_t __stack_chk_guard; /* NOLINT(bugprone-reserved-identifier,cert-*) */
_Noreturn void __stack_chk_fail(void);             /* NOLINT(bugprone-reserved-identifier,cert-*) */

__attribute__((used)) _Noreturn void __stack_chk_fail(void)
{
	message_say("stack overflow detected; giving up");
	system_exit(127);
}

/* The kernel puts 16 random bytes at AT_RANDOM. A zero byte keeps strings from running into it. */
static inline __attribute__((always_inline)) void set_guard(const uintptr_t *stack)
{
	const uintptr_t *at = stack + 1 + stack[0] + 1;

	while (*at != 0)
		at++;
	for (at++; at[0] != AT_NULL; at += 2)
		if (at[0] == AT_RANDOM)
			__stack_chk_guard = *(const uintptr_t *)at[1] & ~(uintptr_t)0xff;
}

_Noreturn void launcher_start(uintptr_t *stack);

/* Keeps nothing on the stack that would be checked against the guard from before it was set. */
__attribute__((used)) _Noreturn void launcher_start(uintptr_t *stack)
{
	set_guard(stack);
	system_exit(launch(stack));
}

/* The initial stack pointer becomes the argument; the outermost frame is marked by a zero. */
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call launcher_start\n"
	"	hlt\n"
	".size _start, . - _start\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text\n"
	".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	bl launcher_start\n"
	"	brk #0\n"
	".size _start, . - _start\n"
	".popsection\n");
#endif
