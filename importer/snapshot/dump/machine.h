/* SPDX-License-Identifier: MIT */
/* What a snapshot has to know of the processor, and of what Linux and glibc do on it. */
#ifndef IMPORTER_SNAPSHOT_DUMP_MACHINE_H
#define IMPORTER_SNAPSHOT_DUMP_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <asm/prctl.h>
#endif

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

/*
 * What of the registers is not as the kernel gives them to a new program, though compilers take it for so: in
 * words; NULL if nothing is. The sums of which flags were raised do not count.
 */
static inline const char *machine_find_oddity(void)
{
	static const char rounding[] =
		"the processor rounds in another way (fesetround, -ffast-math)";
#if defined(__x86_64__)
	enum { MXCSR_FLAGS = 0x3f, MXCSR_NEW = 0x1f80, X87_NEW = 0x37f };
	uint32_t mxcsr;
	uint16_t x87;
	uint64_t gs = 0;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	if ((mxcsr & ~(uint32_t)MXCSR_FLAGS) != MXCSR_NEW || x87 != X87_NEW)
		return rounding;
	if (syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0 && gs != 0)
		return "the register gs has a base (arch_prctl)";
#else
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	if (fpcr != 0)
		return rounding;
#endif
	return NULL;
}

#endif
