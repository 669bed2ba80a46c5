/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel begins. There is neither a dynamic linker nor a C library, so what they would do for
 * pointers in the program's data, and for the compiler's stack protector, is done here.
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

/* Where the program begins in memory, and its dynamic section: the linker's names. */
#pragma GCC visibility push(hidden)
extern const uint8_t __ehdr_start[]; /* NOLINT(bugprone-reserved-identifier,cert-*) */
extern const Elf64_Dyn _DYNAMIC[];   /* NOLINT(bugprone-reserved-identifier,cert-*) */
#pragma GCC visibility pop

/*
 * The sources have no pointers in constant data, but compilers put some there, to copy two at a time say. They
 * were linked for address 0. Without symbols all relocations are R_X86_64_RELATIVE, R_AARCH64_RELATIVE:
 * tests/cli/hardening.test looks at that.
 */
static inline __attribute__((always_inline)) void relocate(void)
{
	const uintptr_t base = (uintptr_t)__ehdr_start;
	const Elf64_Rela *relocation = NULL;
	size_t size = 0;

	for (const Elf64_Dyn *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELA)
			relocation = (const Elf64_Rela *)(base + entry->d_un.d_ptr);
		if (entry->d_tag == DT_RELASZ)
			size = entry->d_un.d_val;
	}
	for (; relocation != NULL && size >= sizeof(*relocation);
	     size -= sizeof(*relocation), relocation++)
		*(uintptr_t *)(base + relocation->r_offset) =
			base + (uintptr_t)relocation->r_addend;
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
	relocate();
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
