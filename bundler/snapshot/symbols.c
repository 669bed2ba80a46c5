/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is mapped. All that it says of itself is looked at before it is followed. */
struct object {
	const uint8_t *bytes;
	uint64_t size;
};

static const void *find_range(const struct object *object, uint64_t offset, uint64_t size)
{
	return offset > object->size || size > object->size - offset || offset % 8 != 0
		       ? NULL
		       : object->bytes + offset;
}

static const Elf64_Ehdr *head_of(const struct object *object)
{
	const Elf64_Ehdr *const head = find_range(object, 0, sizeof(*head));

	return head == NULL || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
			       head->e_ident[EI_CLASS] != ELFCLASS64 ||
			       head->e_shentsize != sizeof(Elf64_Shdr)
		       ? NULL
		       : head;
}

/* Where the first byte lies if nothing is moved: the lowest address that is loaded. */
static bool find_base(const struct object *object, const Elf64_Ehdr *head, uint64_t *base)
{
	const Elf64_Phdr *const parts =
		find_range(object, head->e_phoff, head->e_phnum * sizeof(*parts));
	bool is_found = false;

	for (size_t i = 0; parts != NULL && i < head->e_phnum; i++)
		if (parts[i].p_type == PT_LOAD && (!is_found || parts[i].p_vaddr < *base)) {
			*base = parts[i].p_vaddr - parts[i].p_offset;
			is_found = true;
		}
	return is_found;
}

static bool is_wanted(const Elf64_Sym *symbol, uint64_t address, bool is_exact)
{
	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT)
		return false;
	return is_exact ? symbol->st_value == address
			: address - symbol->st_value < symbol->st_size;
}

static bool take_name(const struct object *object, const Elf64_Shdr *texts, uint64_t at, char *name,
		      size_t size)
{
	if (texts->sh_offset > object->size || texts->sh_size > object->size - texts->sh_offset ||
	    at >= texts->sh_size)
		return false;
	const char *const text = (const char *)object->bytes + texts->sh_offset + at;
	snprintf(name, size, "%.*s", (int)strnlen(text, texts->sh_size - at), text);
	return true;
}

static bool look_in(const struct object *object, const Elf64_Ehdr *head, uint64_t offset,
		    bool is_exact, char *name, size_t size)
{
	const Elf64_Shdr *const sections =
		find_range(object, head->e_shoff, head->e_shnum * sizeof(*sections));
	uint64_t base = 0;

	if (sections == NULL || !find_base(object, head, &base))
		return false;
	for (size_t i = 0; i < head->e_shnum; i++) {
		const Elf64_Shdr *const section = &sections[i];
		const Elf64_Sym *const symbols =
			section->sh_type == SHT_DYNSYM && section->sh_link < head->e_shnum
				? find_range(object, section->sh_offset, section->sh_size)
				: NULL;
		for (size_t j = 0; symbols != NULL && j < section->sh_size / sizeof(*symbols); j++)
			if (is_wanted(&symbols[j], base + offset, is_exact))
				return take_name(object, &sections[section->sh_link],
						 symbols[j].st_name, name, size);
	}
	return false;
}

static bool map_object(const char *path, struct object *object)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (file < 0)
		return false;
	void *const mapped =
		fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0
			? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0)
			: MAP_FAILED;
	close(file);
	if (mapped == MAP_FAILED)
		return false;
	*object = (struct object){mapped, (uint64_t)status.st_size};
	return true;
}

static void unmap_object(const struct object *object)
{
	munmap((void *)(uintptr_t)object->bytes, (size_t)object->size);
}

bool symbols_extent(const char *path, uint64_t *extent)
{
	struct object object;
	uint64_t base = 0;

	*extent = 0;
	if (!map_object(path, &object))
		return false;
	const Elf64_Ehdr *const head = head_of(&object);
	const Elf64_Phdr *const parts =
		head == NULL || !find_base(&object, head, &base)
			? NULL
			: find_range(&object, head->e_phoff, head->e_phnum * sizeof(*parts));
	for (size_t i = 0; parts != NULL && i < head->e_phnum; i++)
		if (parts[i].p_type == PT_LOAD &&
		    parts[i].p_vaddr + parts[i].p_memsz - base > *extent)
			*extent = parts[i].p_vaddr + parts[i].p_memsz - base;
	unmap_object(&object);
	return true;
}

bool symbols_find(const char *path, uint64_t offset, bool is_exact, char *name, size_t size)
{
	struct object object;

	if (!map_object(path, &object))
		return false;
	const Elf64_Ehdr *const head = head_of(&object);
	const bool is_found = head != NULL && look_in(&object, head, offset, is_exact, name, size);
	unmap_object(&object);
	return is_found;
}
