/* SPDX-License-Identifier: MIT */
#include "importer/exit/libraries.h"

#include <link.h>
#include <stdio.h>
#include <string.h>

struct found {
	char *name;
	size_t size;
};

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Libraries that do nothing behind the back of who calls them. */
static bool is_plain_library(const char *name)
{
	static const char *const plain[] = {"libc.so.",  "libm.so.",  "libpthread.so.",
					    "libdl.so.", "librt.so.", "libpython3",
					    "ld-linux-"};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (starts_with(name, plain[i]))
			return true;
	return false;
}

/* Extension modules that use other libraries, and do nothing but free memory all the same. */
static bool is_known_extension(const char *path)
{
	static const char *const known[] = {
		"/_brotli.",       /* C++; compressors and decompressors are in memory */
		"/_cffi_backend.", /* libffi; its type with destructors is looked for by name */
		"/numpy/",         /* linear algebra, Fortran */
		"/yaml/_yaml.",    /* libyaml; its buffers are given to Python */
		"/pystart.",       /* this one */
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(path, known[i]) != NULL)
			return true;
	return false;
}

/*
 * Python's own are in one folder, or within the interpreter. Libraries, which are not what is asked
 * for, have their customary names and places.
 */
static bool is_foreign_extension(const char *path)
{
	const char *const slash = strrchr(path, '/');

	if (slash == NULL || strstr(path, "/lib-dynload/") != NULL)
		return false;
	return strstr(path, ".cpython-3") != NULL || strstr(path, ".abi3.so") != NULL ||
	       strstr(path, "-packages/") != NULL ||
	       (!starts_with(slash, "/lib") && !starts_with(slash, "/ld-"));
}

/* The object's dynamic section, which ends with DT_NULL; or NULL. */
static const ElfW(Dyn) * find_dynamic(const struct dl_phdr_info *object)
{
	for (size_t i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(object->dlpi_addr +
						   object->dlpi_phdr[i].p_vaddr);
	return NULL;
}

static const char *find_strings(const ElfW(Dyn) * dynamic)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_STRTAB)
			return (const char *)dynamic->d_un.d_ptr; /* relocated by the loader */
	return NULL;
}

static bool needs_nothing_special(const struct dl_phdr_info *object)
{
	const ElfW(Dyn) *dynamic = find_dynamic(object);
	const char *const strings = dynamic == NULL ? NULL : find_strings(dynamic);

	if (strings == NULL)
		return false;
	for (; dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_NEEDED && !is_plain_library(strings + dynamic->d_un.d_val))
			return false;
	return true;
}

static int look_at(struct dl_phdr_info *object, size_t size, void *data)
{
	const struct found *const found = data;

	(void)size;
	if (!is_foreign_extension(object->dlpi_name) || is_known_extension(object->dlpi_name) ||
	    needs_nothing_special(object))
		return 0;
	snprintf(found->name, found->size, "%s", object->dlpi_name);
	return 1;
}

bool libraries_may_act(char *name, size_t size)
{
	struct found found = {.name = name, .size = size};

	return dl_iterate_phdr(look_at, &found) != 0;
}
