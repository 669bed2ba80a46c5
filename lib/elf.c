/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <string.h>

#include "lib/header.h"

#if defined(__x86_64__)
enum { THIS_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { THIS_MACHINE = EM_AARCH64 };
#else
#error "pystart knows x86-64 and aarch64"
#endif

/* Round up to the 4-byte alignment of note fields; the result cannot overflow 64 bits. */
static uint64_t note_align(uint32_t size)
{
	return ((uint64_t)size + 3) & ~UINT64_C(3);
}

static void take_build_id(const uint8_t *bytes, uint32_t size, struct pyb_build_id *id)
{
	const uint32_t kept = size < PYB_BUILD_ID_MAX ? size : PYB_BUILD_ID_MAX;
	id->size = (uint8_t)kept;
	memcpy(id->bytes, bytes, kept);
}

int pyb_elf_find_build_id(const void *notes_segment, uint64_t size, struct pyb_build_id *id)
{
	const uint8_t *notes = notes_segment;

	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		memcpy(&note, notes, sizeof(note));
		const uint64_t name = sizeof(note);
		const uint64_t description = name + note_align(note.n_namesz);
		const uint64_t end = description + note_align(note.n_descsz);

		if (description > size || note.n_descsz > size - description)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0) {
			take_build_id(notes + description, note.n_descsz, id);
			return 1;
		}
		if (end >= size)
			return 0;
		notes += end;
		size -= end;
	}
	return 0;
}

static int is_elf_of_this_machine(const Elf64_Ehdr *elf, uint64_t size)
{
	return size >= sizeof(*elf) && memcmp(elf->e_ident, ELFMAG, SELFMAG) == 0 &&
	       elf->e_ident[EI_CLASS] == ELFCLASS64 && elf->e_ident[EI_DATA] == ELFDATA2LSB &&
	       elf->e_machine == THIS_MACHINE && elf->e_phentsize == sizeof(Elf64_Phdr);
}

int pyb_elf_build_id(const void *image, uint64_t size, struct pyb_build_id *id, int *has_interp)
{
	const uint8_t *const bytes = image;
	const Elf64_Ehdr *const elf = image;

	*id = (struct pyb_build_id){0};
	*has_interp = 0;
	if (!is_elf_of_this_machine(elf, size))
		return -1;
	for (uint32_t i = 0; i < elf->e_phnum; i++) {
		const uint64_t step = (uint64_t)i * sizeof(Elf64_Phdr);
		if (elf->e_phoff > size || step + sizeof(Elf64_Phdr) > size - elf->e_phoff)
			break;
		Elf64_Phdr segment;
		memcpy(&segment, bytes + elf->e_phoff + step, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			*has_interp = 1;
		if (segment.p_type == PT_NOTE && id->size == 0 && segment.p_offset < size) {
			const uint64_t rest = size - segment.p_offset;
			pyb_elf_find_build_id(bytes + segment.p_offset,
					      segment.p_filesz < rest ? segment.p_filesz : rest,
					      id);
		}
	}
	return 0;
}
