/* SPDX-License-Identifier: MIT */
/*
 * In assembly, since no compiler promises that what it makes of C can be copied, and uses neither the
 * stack nor data of its own. Each version is the same: go to the next step, do what it says, compare.
 */
#include "importer/snapshot/restore/restorer.h"

_Static_assert(sizeof(struct restore_step) == 64, "the distance between steps");
_Static_assert(offsetof(struct restore_list, steps) == 64, "where they begin");
_Static_assert(offsetof(struct restore_step, arguments) == 8, "behind the action");
_Static_assert(offsetof(struct restore_step, expected) == 56, "behind the arguments");
_Static_assert(RESTORE_WRITE_WORD == -1 && RESTORE_WRITE_HALF == -2 && RESTORE_SET_THREAD == -3,
	       "the numbers below");
_Static_assert(RESTORE_ANY == -0x80000000LL, "the number below");

#if defined(__x86_64__)
/* rbp: the list, rbx: the step. System calls change rax, rcx and r11. */
__asm__(".pushsection .text\n"
	".globl restorer_begin, restorer_end\n"
	".hidden restorer_begin, restorer_end\n"
	"restorer_begin:\n"
	"	mov %rdi, %rbp\n"
	"	lea 64(%rbp), %rbx\n"
	".Lstep:\n"
	"	mov (%rbx), %rax\n"
	"	mov 8(%rbx), %rdi\n"
	"	mov 16(%rbx), %rsi\n"
	"	mov 24(%rbx), %rdx\n"
	"	test %rax, %rax\n"
	"	js .Lno_call\n"
	"	mov 32(%rbx), %r10\n"
	"	mov 40(%rbx), %r8\n"
	"	mov 48(%rbx), %r9\n"
	"	syscall\n"
	"	cmp 56(%rbx), %rax\n"
	"	je .Ldone\n"
	"	cmpq $-0x80000000, 56(%rbx)\n"
	"	je .Ldone\n"
	"	mov (%rbp), %rbx\n"
	"	jmp .Lstep\n"
	".Lno_call:\n"
	"	cmp $-1, %rax\n"
	"	je .Lwrite_word\n"
	"	cmp $-2, %rax\n"
	"	je .Lwrite_half\n"
	"	mov %rsi, %rsp\n"
	"	mov %rdi, %rax\n"
	"	mov %rdx, %rdi\n"
	"	xor %ebp, %ebp\n"
	"	push $0\n" /* nobody to return to; and the stack is as behind a call */
	"	jmp *%rax\n"
	".Lwrite_word:\n"
	"	mov %rsi, (%rdi)\n"
	"	jmp .Ldone\n"
	".Lwrite_half:\n"
	"	mov %esi, (%rdi)\n"
	".Ldone:\n"
	"	add $64, %rbx\n"
	"	jmp .Lstep\n"
	"restorer_end:\n"
	".popsection\n");
#elif defined(__aarch64__)
/* x19: the list, x20: the step. System calls change x0. */
__asm__(".pushsection .text\n"
	".globl restorer_begin, restorer_end\n"
	".hidden restorer_begin, restorer_end\n"
	"restorer_begin:\n"
	"	mov x19, x0\n"
	"	add x20, x19, #64\n"
	"	mov x10, #-0x80000000\n"
	".Lstep:\n"
	"	ldr x8, [x20]\n"
	"	ldp x0, x1, [x20, #8]\n"
	"	ldp x2, x3, [x20, #24]\n"
	"	tbnz x8, #63, .Lno_call\n"
	"	ldp x4, x5, [x20, #40]\n"
	"	svc #0\n"
	"	ldr x9, [x20, #56]\n"
	"	cmp x0, x9\n"
	"	b.eq .Ldone\n"
	"	cmp x9, x10\n"
	"	b.eq .Ldone\n"
	"	ldr x20, [x19]\n"
	"	b .Lstep\n"
	".Lno_call:\n"
	"	cmn x8, #1\n"
	"	b.eq .Lwrite_word\n"
	"	cmn x8, #2\n"
	"	b.eq .Lwrite_half\n"
	"	cmn x8, #3\n"
	"	b.eq .Lset_thread\n"
	"	mov sp, x1\n"
	"	mov x16, x0\n"
	"	mov x0, x2\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	br x16\n"
	".Lwrite_word:\n"
	"	str x1, [x0]\n"
	"	b .Ldone\n"
	".Lwrite_half:\n"
	"	str w1, [x0]\n"
	"	b .Ldone\n"
	".Lset_thread:\n"
	"	msr tpidr_el0, x0\n"
	".Ldone:\n"
	"	add x20, x20, #64\n"
	"	b .Lstep\n"
	"restorer_end:\n"
	".popsection\n");
#else
#error "pystart knows x86-64 and aarch64"
#endif
