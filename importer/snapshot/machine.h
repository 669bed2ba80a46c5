/* SPDX-License-Identifier: MIT */
/* What a snapshot has to know of the processor, and of what Linux and glibc do on it. */
#ifndef IMPORTER_SNAPSHOT_MACHINE_H
#define IMPORTER_SNAPSHOT_MACHINE_H

#include <stdint.h>

/*
 * How far below the top of the address space the kernel may put a stack at random: STACK_RND_MASK, in
 * pages, of arch/.../include/asm/elf.h. And what stands in front of the handlers of restartable sequences:
 * RSEQ_SIG of glibc's sysdeps/unix/sysv/linux/.../bits/rseq.h.
 */
#if defined(__x86_64__)
#define MACHINE_STACK_RANDOM (UINT64_C(16) << 30)
#define MACHINE_RSEQ_SIGNATURE UINT32_C(0x53053053)
#elif defined(__aarch64__)
#define MACHINE_STACK_RANDOM (UINT64_C(1) << 30)
#define MACHINE_RSEQ_SIGNATURE UINT32_C(0xd428bc00)
/* Exported by ld.so. */
extern uintptr_t __stack_chk_guard; /* NOLINT(bugprone-reserved-identifier,cert-*) */
#else
#error "pystart knows x86-64 and aarch64"
#endif

/* Where compilers take the stack protector's value from. */
static inline uint64_t machine_canary_address(void)
{
#if defined(__x86_64__)
	return (uintptr_t)__builtin_thread_pointer() + 0x28;
#else
	return (uintptr_t)&__stack_chk_guard;
#endif
}

#endif
