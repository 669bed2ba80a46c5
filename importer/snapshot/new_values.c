/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/new_values.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As glibc makes it of the kernel's random bytes: sysdeps/generic/dl-osinfo.h, _dl_setup_stack_chk_guard(). */
static uint64_t make_canary(const uint8_t *random)
{
	uint64_t canary;

	memcpy(&canary, random, sizeof(canary));
	return canary & ~UINT64_C(0xff); /* a zero byte first, on these little-endian machines */
}

void new_values_find(struct new_values *values, const struct initial_stack *stack)
{
	uint64_t *const of = values->of;

	of[FIXUP_VDSO] = (uintptr_t)stack->vdso;
	of[FIXUP_STACK] = (uintptr_t)stack->pointer;
	of[FIXUP_ARGV] = (uintptr_t)stack->argv;
	of[FIXUP_ENVIRONMENT] = (uintptr_t)stack->environment;
	of[FIXUP_AUXV] = (uintptr_t)stack->auxv;
	of[FIXUP_ARGUMENT] = (uintptr_t)stack->argv[0];
	of[FIXUP_NAME] = (uintptr_t)stack->name;
	of[FIXUP_PLATFORM] = (uintptr_t)stack->platform;
	of[FIXUP_RANDOM] = (uintptr_t)stack->random;
	of[FIXUP_BREAK] = (uint64_t)syscall(SYS_brk, 0);
	of[FIXUP_THREAD_ID] = (uint64_t)syscall(SYS_gettid);
	of[FIXUP_CANARY] = make_canary(stack->random);
	of[FIXUP_NULL] = 0;
}
