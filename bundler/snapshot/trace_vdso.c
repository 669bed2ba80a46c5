/* SPDX-License-Identifier: MIT */
/*
 * Hiding the vdso from a program that is about to begin. What it tells without a system call, the time
 * and random bytes, would not be seen; without it the C library asks the kernel. ld.so has looked for it
 * by the time of its first call (glibc: elf/dl-sysdep.c); who looks later, as the importer does, finds it.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "bundler/snapshot/trace_parts.h"
#include "bundler/snapshot/tracee.h"

/* Where argc lies, with the arguments, the environment and the auxiliary vector behind it; 0: unknown. */
static uint64_t initial_stack(pid_t process)
{
	struct user_regs_struct registers;
	struct iovec room = {.iov_base = &registers, .iov_len = sizeof(registers)};

	if (ptrace(PTRACE_GETREGSET, process, NT_PRSTATUS, &room) != 0)
		return 0;
#if defined(__x86_64__)
	return registers.rsp;
#elif defined(__aarch64__)
	return registers.sp;
#endif
}

static bool read_word(pid_t process, uint64_t address, uint64_t *word)
{
	return tracee_read(process, address, word, sizeof(*word));
}

/* Go behind the next NULL. */
static bool skip_list(pid_t process, uint64_t *address)
{
	uint64_t word;

	do {
		if (!read_word(process, *address, &word))
			return false;
		*address += sizeof(word);
	} while (word != 0);
	return true;
}

/* The entry of the auxiliary vector of this kind; 0: there is none. */
static bool find_entry(pid_t process, uint64_t wanted, uint64_t *address)
{
	uint64_t kind;

	*address = initial_stack(process);
	if (*address == 0)
		return false;
	*address += sizeof(uint64_t);
	if (!skip_list(process, address) || !skip_list(process, address))
		return false;
	while (read_word(process, *address, &kind)) {
		if (kind == wanted)
			return true;
		if (kind == AT_NULL) {
			*address = 0;
			return true;
		}
		*address += 2 * sizeof(uint64_t);
	}
	return false;
}

static bool put_kind(pid_t process, uint64_t entry, uintptr_t kind)
{
	return ptrace(PTRACE_POKEDATA, process, (uintptr_t)entry, kind) == 0;
}

enum pyb_status trace_hide_vdso(pid_t process, uint64_t *entry, struct pyb_error *error)
{
	errno = 0;
	if (find_entry(process, AT_SYSINFO_EHDR, entry) &&
	    (*entry == 0 || put_kind(process, *entry, AT_IGNORE)))
		return PYB_OK;
	*entry = 0;
	return pyb_error_set(error, PYB_ERR_IO, "cannot look at the stack of a program: %s",
			     strerror(errno));
}

uint64_t trace_auxiliary_value(pid_t process, uint64_t kind)
{
	uint64_t entry, value;

	if (!find_entry(process, kind, &entry) || entry == 0 ||
	    !read_word(process, entry + sizeof(uint64_t), &value))
		return 0;
	return value;
}

void trace_show_vdso(pid_t process, uint64_t entry)
{
	put_kind(process, entry, AT_SYSINFO_EHDR);
}
