/* SPDX-License-Identifier: MIT */
/* The kernel's shared object, as it lies in memory. */
#ifndef IMPORTER_SNAPSHOT_VDSO_H
#define IMPORTER_SNAPSHOT_VDSO_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of it from its header on. Its loadable segment begins with that. */
static inline uint64_t vdso_size(const uint8_t *vdso)
{
	const Elf64_Ehdr *const header = (const Elf64_Ehdr *)(const void *)vdso;
	const Elf64_Phdr *const segments =
		(const Elf64_Phdr *)(const void *)(vdso + header->e_phoff);

	for (size_t i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD)
			return segments[i].p_memsz;
	return 0;
}

#endif
