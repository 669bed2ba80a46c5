/* SPDX-License-Identifier: MIT */
#include "importer/variables/detour.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Jumps to the address that lies behind it. */
#if defined(__x86_64__)
static const uint8_t jump[] = {
	0xf3, 0x0f, 0x1e, 0xfa,            /* endbr64: it may be called by its address */
	0xff, 0x25, 0x00, 0x00, 0x00, 0x00 /* jmp *0(%rip) */
};
#elif defined(__aarch64__)
static const uint8_t jump[] = {
	0x5f, 0x24, 0x03, 0xd5, /* bti c */
	0x70, 0x00, 0x00, 0x58, /* ldr x16, 12 bytes on */
	0x00, 0x02, 0x1f, 0xd6, /* br x16 */
	0x1f, 0x20, 0x03, 0xd5, /* nop: the address is aligned if the function is */
};
#else
static const uint8_t jump[1];
#define NO_JUMP 1
#endif

/* Whether there are so many bytes of it. */
static bool has_room(const void *function, size_t size)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	return dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL &&
	       info.dli_saddr == function && symbol->st_size >= size;
}

const char *detour(void *function, const void *target)
{
	uint8_t code[sizeof(jump) + sizeof(target)];
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t begin = (uintptr_t)function & ~(page - 1);
	const size_t size = (uintptr_t)function + sizeof(code) - begin;

#ifdef NO_JUMP
	return "this is not known for this kind of processor";
#endif
	if (!has_room(function, sizeof(code)))
		return "the C library's getenv() is not as expected";
	memcpy(code, jump, sizeof(jump));
	memcpy(code + sizeof(jump), &target, sizeof(target));
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	if (mprotect((void *)begin, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
		return "this system does not let a process change its code";
	memcpy(function, code, sizeof(code));
	__builtin___clear_cache((char *)function, (char *)function + sizeof(code));
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	(void)mprotect((void *)begin, size, PROT_READ | PROT_EXEC);
	return NULL;
}
