/* SPDX-License-Identifier: MIT */
#include "importer/exit/caller.h"

#include <unwind.h>

struct search {
	struct caller *caller;
	const uintptr_t *functions;
	size_t count;
	uintptr_t barrier;
	bool found;
};

/* Numbers of registers in the tables: rbx, rbp, r12 to r15; or x19 to x29 and d8 to d15. */
static const int kept[CALLER_REGISTERS] = {
#if defined(__x86_64__)
	3, 6, 12, 13, 14, 15,
#else
	19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 72, 73, 74, 75, 76, 77, 78, 79,
#endif
};

/* Where the function begins that the instruction before the one at `code` belongs to. */
static uintptr_t function_of(uintptr_t code)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (uintptr_t)_Unwind_FindEnclosingFunction((void *)(code - 1));
}

static void take_down(struct caller *caller, struct _Unwind_Context *context)
{
	caller->code = _Unwind_GetIP(context);
	caller->stack = _Unwind_GetCFA(context); /* of the frame below: what it began from */
	for (size_t i = 0; i < CALLER_REGISTERS; i++)
		caller->registers[i] = _Unwind_GetGR(context, kept[i]);
}

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *data)
{
	struct search *const search = data;
	const uintptr_t function = function_of(_Unwind_GetIP(context));

	if (function == search->barrier)
		return _URC_END_OF_STACK;
	for (size_t i = 0; i < search->count && !search->found; i++)
		search->found = function == search->functions[i];
	if (!search->found)
		return _URC_NO_REASON;
	take_down(search->caller, context);
	return _URC_END_OF_STACK;
}

/*
 * Return addresses that the processor compares (Intel CET, Arm GCS) would have to be dropped as well. Where there is
 * no such thing the instruction does nothing.
 */
static bool has_shadow_stack(void)
{
#if defined(__x86_64__)
	uint64_t pointer = 0;

	__asm__("rdsspq %0" : "+r"(pointer));
	return pointer != 0;
#else
	register uint64_t missing __asm__("x16") = 1;

	__asm__("hint #40" : "+r"(missing)); /* chkfeat */
	return missing == 0;
#endif
}

bool caller_find(struct caller *caller, const uintptr_t *functions, size_t count, uintptr_t barrier)
{
	struct search search = {caller, functions, count, barrier, false};

	if (has_shadow_stack())
		return false;
	_Unwind_Backtrace(look, &search);
	return search.found;
}

_Static_assert(offsetof(struct caller, code) == 0, "as below");
_Static_assert(offsetof(struct caller, stack) == 8, "as below");
_Static_assert(offsetof(struct caller, registers) == 16, "as below");

_Noreturn void caller_return(const struct caller *caller, int result)
{
#if defined(__x86_64__)
	__asm__ volatile("mov 16(%0), %%rbx\n"
			 "	mov 24(%0), %%rbp\n"
			 "	mov 32(%0), %%r12\n"
			 "	mov 40(%0), %%r13\n"
			 "	mov 48(%0), %%r14\n"
			 "	mov 56(%0), %%r15\n"
			 "	mov 8(%0), %%rsp\n"
			 "	jmp *(%0)"
			 :
			 : "c"(caller), "a"(result)
			 : "memory");
#else
	register uint64_t value __asm__("x0") = (uint32_t)result;
	register const struct caller *from __asm__("x9") = caller;

	/* By ret, which needs no mark (BTI) where it leads to. */
	__asm__ volatile("ldp x19, x20, [%0, #16]\n"
			 "	ldp x21, x22, [%0, #32]\n"
			 "	ldp x23, x24, [%0, #48]\n"
			 "	ldp x25, x26, [%0, #64]\n"
			 "	ldp x27, x28, [%0, #80]\n"
			 "	ldr x29, [%0, #96]\n"
			 "	ldp d8, d9, [%0, #104]\n"
			 "	ldp d10, d11, [%0, #120]\n"
			 "	ldp d12, d13, [%0, #136]\n"
			 "	ldp d14, d15, [%0, #152]\n"
			 "	ldp x30, x10, [%0]\n"
			 "	mov sp, x10\n"
			 "	ret"
			 :
			 : "r"(from), "r"(value)
			 : "memory");
#endif
	__builtin_unreachable();
}
