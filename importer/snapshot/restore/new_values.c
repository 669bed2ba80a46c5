/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/new_values.h"

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

struct new_values new_values_find(const struct initial_stack *stack)
{
	return (struct new_values){.of = {
					   [FIXUP_VDSO] = (uintptr_t)stack->vdso,
					   [FIXUP_STACK] = (uintptr_t)stack->pointer,
					   [FIXUP_ARGV] = (uintptr_t)stack->argv,
					   [FIXUP_ENVIRONMENT] = (uintptr_t)stack->environment,
					   [FIXUP_AUXV] = (uintptr_t)stack->auxv,
					   [FIXUP_ARGUMENT] = (uintptr_t)stack->argv[0],
					   [FIXUP_NAME] = (uintptr_t)stack->name,
					   [FIXUP_PLATFORM] = (uintptr_t)stack->platform,
					   [FIXUP_RANDOM] = (uintptr_t)stack->random,
					   [FIXUP_BREAK] = (uint64_t)syscall(SYS_brk, 0),
					   [FIXUP_THREAD_ID] = (uint64_t)syscall(SYS_gettid),
					   [FIXUP_CANARY] = make_canary(stack->random),
					   [FIXUP_NULL] = 0,
					   [FIXUP_ARGC] = *stack->pointer,
				   }};
}
