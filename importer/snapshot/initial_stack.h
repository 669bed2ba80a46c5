/* SPDX-License-Identifier: MIT */
/*
 * What the kernel has put on the stack of a program before its first instruction: arguments, environment
 * and auxiliary vector (Linux, fs/binfmt_elf.c: create_elf_tables(); System V ABI, "Process
 * Initialization"). The C library and the interpreter keep pointers to it.
 */
#ifndef IMPORTER_SNAPSHOT_INITIAL_STACK_H
#define IMPORTER_SNAPSHOT_INITIAL_STACK_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

/* All pointers are to the stack, but for `vdso`. What the kernel did not say is NULL. */
struct initial_stack {
	const uintptr_t *pointer; /* the initial stack pointer, where argc lies */
	char **argv;
	char **environment;
	const Elf64_auxv_t *auxv; /* ends with an entry of type AT_NULL */
	const char *name;         /* the first argument behind its last slash */
	const char *platform;
	const uint8_t *random; /* 16 bytes */
	const uint8_t *vdso;   /* the ELF header of the kernel's shared object */
};

/*
 * Find it from the vector of arguments that the kernel gave, as main() and constructors get it. That
 * variables were removed from the environment in place does no harm. Returns false, with *stack
 * undefined, if there is no argument, no vdso, by which the auxiliary vector is recognized, or no random bytes.
 */
bool initial_stack_find(char **argv, struct initial_stack *stack);

/*
 * The first variable that is not where the kernel has put it, or NULL. A library may have put another text in its
 * place (glibc before 2.38 does so with GLIBC_TUNABLES), which goes with the memory of the process.
 */
const char *initial_stack_moved_variable(const struct initial_stack *stack);

/* The value of the entry of this type, AT_*; 0 if there is none. */
uint64_t initial_stack_value(const struct initial_stack *stack, uint64_t type);

#endif
