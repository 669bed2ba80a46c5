/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/initial_stack.h"

#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

/* Types of entries are small numbers, and nothing else on the stack is: no address, and no NULL. */
enum { TYPES_MAX = 64 };

/*
 * The vector lies behind the environment's last NULL. Where variables were removed in place there are
 * several, with what was left behind between them, so it is told by the vdso's entry. Linux puts that first
 * (arch/x86/include/asm/elf.h and arch/arm64/include/asm/elf.h: ARCH_DLINFO), gVisor and qemu do not.
 */
static const Elf64_auxv_t *find_auxv(char **environment, uintptr_t vdso)
{
	const uintptr_t *word = (const uintptr_t *)environment;

	while (word[0] != AT_SYSINFO_EHDR || word[1] != vdso)
		word++;
	while (word[-2] > 0 && word[-2] < TYPES_MAX)
		word -= 2;
	return (const Elf64_auxv_t *)word;
}

static const void *text_of(const struct initial_stack *stack, uint64_t type)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives addresses as numbers */
	return (const void *)(uintptr_t)initial_stack_value(stack, type);
}

bool initial_stack_find(char **argv, struct initial_stack *stack)
{
	const uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);

	if (vdso == 0 || argv[0] == NULL)
		return false;
	stack->argv = argv;
	stack->pointer = (const uintptr_t *)argv - 1;
	stack->environment = argv + *stack->pointer + 1;
	stack->auxv = find_auxv(stack->environment, vdso);
	const char *const slash = strrchr(argv[0], '/');
	stack->name = slash != NULL ? slash + 1 : argv[0];
	stack->platform = text_of(stack, AT_PLATFORM);
	stack->random = text_of(stack, AT_RANDOM);
	stack->vdso = text_of(stack, AT_SYSINFO_EHDR);
	return stack->random != NULL;
}

/* The kernel puts all texts behind the vectors; what others map lies below the stack. */
const char *initial_stack_moved_variable(const struct initial_stack *stack)
{
	const uintptr_t first = (uintptr_t)stack->auxv;

	for (char **variable = stack->environment; *variable != NULL; variable++)
		if ((uintptr_t)*variable < first)
			return *variable;
	return NULL;
}

uint64_t initial_stack_value(const struct initial_stack *stack, uint64_t type)
{
	for (const Elf64_auxv_t *entry = stack->auxv; entry->a_type != AT_NULL; entry++)
		if (entry->a_type == type)
			return entry->a_un.a_val;
	return 0;
}
