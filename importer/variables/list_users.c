/* SPDX-License-Identifier: MIT */
#include "importer/variables/list_users.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#include "importer/variables/record.h"

/* What of an object's dynamic section tells which symbols its data refers to. */
struct references {
	const ElfW(Sym) * symbols;
	const char *names;
	const ElfW(Rela) * list;
	size_t count;
};

struct passed {
	const void *const *bases;
	size_t count;
};

/* The linker has put in addresses where the file has offsets; of the kernel's object it has not. */
static const void *address_of(const struct dl_phdr_info *object, const ElfW(Dyn) * item)
{
	const ElfW(Addr) value = item->d_un.d_ptr;

	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (const void *)(value < object->dlpi_addr ? object->dlpi_addr + value : value);
}

static struct references references_of(const struct dl_phdr_info *object, const ElfW(Dyn) * item)
{
	struct references references = {0};

	for (; item->d_tag != DT_NULL; item++)
		switch (item->d_tag) {
		case DT_SYMTAB:
			references.symbols = address_of(object, item);
			break;
		case DT_STRTAB:
			references.names = address_of(object, item);
			break;
		case DT_RELA:
			references.list = address_of(object, item);
			break;
		case DT_RELASZ:
			references.count = item->d_un.d_val / sizeof(ElfW(Rela));
			break;
		default:
			break;
		}
	return references;
}

static bool is_list(const char *name)
{
	return strcmp(name, "environ") == 0 || strcmp(name, "__environ") == 0 ||
	       strcmp(name, "_environ") == 0;
}

static bool refers_to_list(const struct references *references)
{
	if (references->symbols == NULL || references->names == NULL || references->list == NULL)
		return false;
	for (size_t i = 0; i < references->count; i++) {
		const ElfW(Sym) *const symbol =
			&references->symbols[ELF64_R_SYM(references->list[i].r_info)];
		if (is_list(references->names + symbol->st_name))
			return true;
	}
	return false;
}

static bool is_passed(const struct dl_phdr_info *object, const struct passed *passed)
{
	if (object->dlpi_name == NULL || object->dlpi_name[0] == '\0' ||
	    object->dlpi_addr == getauxval(AT_BASE))
		return true;
	for (size_t i = 0; i < passed->count; i++)
		if (object->dlpi_addr == (uintptr_t)passed->bases[i])
			return true;
	return false;
}

static int look_at(struct dl_phdr_info *object, size_t size, void *cookie)
{
	(void)size;
	if (is_passed(object, cookie))
		return 0;
	for (ElfW(Half) i = 0; i < object->dlpi_phnum; i++) {
		if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		const struct references references = references_of(
			object,
			/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
			(const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr));
		if (refers_to_list(&references))
			record_write(VARIABLES_USED, "", object->dlpi_name);
	}
	return 0;
}

void list_users_record(const void *const passed[], size_t count)
{
	struct passed cookie = {.bases = passed, .count = count};

	dl_iterate_phdr(look_at, &cookie);
}
