/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/steps.h"

#include <string.h>

#if defined(__x86_64__)
#include <asm/prctl.h>
#include <sys/syscall.h>
#endif

static void add(struct steps *steps, int64_t action, const uint64_t arguments[6], int64_t expected)
{
	if (steps->count < steps->capacity) {
		struct restore_step *const step = &steps->list->steps[steps->count];
		step->action = action;
		memcpy(step->arguments, arguments, sizeof(step->arguments));
		step->expected = expected;
	}
	steps->count++;
}

void steps_add_call(struct steps *steps, int64_t expected, long number, const uint64_t arguments[6])
{
	add(steps, number, arguments, expected);
}

void steps_write_word(struct steps *steps, uint64_t address, uint64_t value)
{
	add(steps, RESTORE_WRITE_WORD, (const uint64_t[6]){address, value}, 0);
}

void steps_write_half(struct steps *steps, uint64_t address, uint32_t value)
{
	add(steps, RESTORE_WRITE_HALF, (const uint64_t[6]){address, value}, 0);
}

void steps_set_thread_pointer(struct steps *steps, uint64_t pointer)
{
#if defined(__x86_64__)
	steps_call(steps, 0, SYS_arch_prctl, ARCH_SET_FS, pointer);
#else
	add(steps, RESTORE_SET_THREAD, (const uint64_t[6]){pointer}, 0);
#endif
}

void steps_enter(struct steps *steps, uint64_t function, uint64_t stack, uint64_t argument)
{
	add(steps, RESTORE_ENTER, (const uint64_t[6]){function, stack, argument}, 0);
}

void steps_begin_failure(struct steps *steps)
{
	steps->list->failure = &steps->list->steps[steps->count];
}
