/* SPDX-License-Identifier: MIT */
#include "importer/resume/stand_in.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer/cpython/shared_object.h"

typedef int start_function(main_function *main, int argc, char **argv, void (*init)(void),
			   void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

/* The word that leads to __libc_start_main(). */
static struct {
	start_function **slot;
	start_function
		*before; /* what was in it: where calls are bound late, no function of this kind */
	start_function *stock;
	main_function *main;
	bool is_read_only;
} start;

/* --- finding it */

/* What the dynamic section of the program leads to; glibc has made addresses of all that are. */
struct program {
	const ElfW(Sym) * symbols;
	const char *names;
	const ElfW(Rela) * tables[2]; /* relocations of data, and of calls */
	size_t sizes[2];
};

static struct program read_dynamic_section(const struct shared_object *object, size_t segment)
{
	struct program program = {0};
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	const ElfW(Dyn) *entry = (const void *)shared_object_segment(object, segment);

	for (; entry->d_tag != DT_NULL; entry++) {
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		const void *const address = (const void *)(uintptr_t)entry->d_un.d_ptr;
		switch (entry->d_tag) {
		case DT_SYMTAB:
			program.symbols = address;
			break;
		case DT_STRTAB:
			program.names = address;
			break;
		case DT_RELA:
			program.tables[0] = address;
			break;
		case DT_RELASZ:
			program.sizes[0] = entry->d_un.d_val;
			break;
		case DT_JMPREL:
			program.tables[1] = address;
			break;
		case DT_PLTRELSZ:
			program.sizes[1] = entry->d_un.d_val;
			break;
		default:
			break;
		}
	}
	return program;
}

static bool is_start(const struct program *program, const ElfW(Rela) * relocation)
{
	const ElfW(Sym) *const symbol =
		&program->symbols[ELF64_R_SYM((uint64_t)relocation->r_info)];

	return strcmp(program->names + symbol->st_name, "__libc_start_main") == 0;
}

static bool is_within(const struct shared_object *object, uint32_t type, uintptr_t address)
{
	for (size_t i = 0; i < object->segment_count; i++)
		if (object->segments[i].p_type == type &&
		    address - shared_object_segment(object, i) < object->segments[i].p_memsz)
			return true;
	return false;
}

static bool find_slot(const struct shared_object *object, const struct program *program)
{
	for (size_t table = 0; table < 2; table++) {
		const size_t count = program->sizes[table] / sizeof(ElfW(Rela));
		for (size_t i = 0; i < count && program->tables[table] != NULL; i++) {
			const ElfW(Rela) *const relocation = &program->tables[table][i];
			if (!is_start(program, relocation))
				continue;
			const uintptr_t address = object->base + relocation->r_offset;
			/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
			start.slot = (start_function **)address;
			start.is_read_only = is_within(object, PT_GNU_RELRO, address);
			return true;
		}
	}
	return false;
}

/* The program is the first object of all. */
static bool look_at_program(const struct shared_object *object, void *data)
{
	bool *const is_found = data;

	for (size_t i = 0; i < object->segment_count; i++) {
		if (object->segments[i].p_type != PT_DYNAMIC)
			continue;
		const struct program program = read_dynamic_section(object, i);
		if (program.symbols != NULL && program.names != NULL)
			*is_found = find_slot(object, &program);
	}
	return true;
}

/* --- replacing it */

static bool write_slot(start_function *function)
{
	const uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	void *const page = (void *)((uintptr_t)start.slot & ~(page_size - 1));

	if (start.is_read_only && mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0)
		return false;
	*start.slot = function;
	return !start.is_read_only || mprotect(page, page_size, PROT_READ) == 0;
}

static int start_with_replacement(main_function *stock_main, int argc, char **argv,
				  void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
				  void *stack_end)
{
	main_function *const chosen = write_slot(start.before) ? start.main : stock_main;

	return start.stock(chosen, argc, argv, init, fini, rtld_fini, stack_end);
}

bool stand_in_for_main(main_function *replacement)
{
	bool is_found = false;

	shared_object_each(look_at_program, &is_found);
	if (!is_found)
		return false;
	*(void **)&start.stock = dlsym(RTLD_DEFAULT, "__libc_start_main"); /* as dlsym(3) has it */
	if (start.stock == NULL)
		return false;
	start.before = *start.slot;
	start.main = replacement;
	return write_slot(start_with_replacement);
}
