/* SPDX-License-Identifier: MIT */
#include "importer/exit/libraries.h"

#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "importer/cpython/compat.h"

/* The folder of the standard library's extension modules, and its other names as they are met. */
struct dynload {
	const char *path;
	struct stat status;
	bool is_known;
};

static bool is_in_folder(const char *path, const char *folder)
{
	const char *const slash = strrchr(path, '/');
	const size_t size = strlen(folder);

	return slash != NULL && (size_t)(slash - path) == size && memcmp(path, folder, size) == 0;
}

/* By its name, or, since a path may go through links, by what the file system says. */
static bool is_standard(struct dynload *dynload, const char *path)
{
	static const char last[] = "/lib-dynload/";
	const char *const slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct stat status;

	if (is_in_folder(path, dynload->path))
		return true;
	if (slash == NULL || (size_t)(slash + 1 - path) < sizeof(last) - 1 ||
	    (size_t)(slash - path) >= sizeof(folder) ||
	    memcmp(slash + 2 - sizeof(last), last, sizeof(last) - 1) != 0)
		return false;
	if (!dynload->is_known && stat(dynload->path, &dynload->status) != 0)
		return false;
	dynload->is_known = true;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	return stat(folder, &status) == 0 && status.st_dev == dynload->status.st_dev &&
	       status.st_ino == dynload->status.st_ino;
}

struct looking {
	struct libraries *libraries;
	struct dynload dynload;
	struct harmless_names names;
};

static enum trust judge(struct looking *looking, const struct shared_object *object)
{
	if (shared_object_holds(object, (uintptr_t)&PyType_Type))
		return TRUST_PYTHON;
	if (shared_object_holds(object, (uintptr_t)&libraries_look))
		return TRUST_HARMLESS;
	/* The program, and what the kernel maps into each process. */
	if (*object->path == '\0' || object->start == getauxval(AT_SYSINFO_EHDR))
		return TRUST_NEEDED;
	if (is_standard(&looking->dynload, object->path))
		return TRUST_PYTHON;
	return harmless_has(looking->names, object->path) ? TRUST_HARMLESS : TRUST_NONE;
}

static bool add(const struct shared_object *object, void *data)
{
	struct looking *const looking = data;
	struct libraries *const libraries = looking->libraries;

	if (libraries->count == LIBRARIES_MAX) {
		libraries->all_known = false;
		return true;
	}
	libraries->items[libraries->count++] =
		(struct library){.object = *object, .trust = judge(looking, object)};
	if (shared_object_holds(object, (uintptr_t)&PyType_Type))
		libraries->interpreter = *object;
	if (shared_object_holds(object, (uintptr_t)&libraries_look))
		libraries->importer = *object;
	return false;
}

/* --- what the known ones are linked with */

/* The object's dynamic section, which ends with DT_NULL; or NULL. */
static const ElfW(Dyn) * find_dynamic(const struct shared_object *object)
{
	for (size_t i = 0; i < object->segment_count; i++)
		if (object->segments[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)shared_object_segment(object, i);
	return NULL;
}

/* The address that an entry with this tag holds, which the dynamic linker has relocated; or NULL. */
static const void *find_table(const ElfW(Dyn) * dynamic, int64_t tag)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == tag)
			return (const void *)dynamic->d_un.d_ptr; /* NOLINT: it is an address */
	return NULL;
}

static const char *find_strings(const ElfW(Dyn) * dynamic)
{
	return find_table(dynamic, DT_STRTAB);
}

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Whether the library calls itself so, or was loaded from a file of that name. */
static bool has_name(const struct library *library, const char *name)
{
	const ElfW(Dyn) * dynamic;
	const char *strings;

	if (strcmp(base_name(library->object.path), base_name(name)) == 0)
		return true;
	dynamic = find_dynamic(&library->object);
	strings = dynamic == NULL ? NULL : find_strings(dynamic);
	if (strings == NULL)
		return false;
	for (; dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_SONAME)
			return strcmp(strings + dynamic->d_un.d_val, name) == 0;
	return false;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * Whether who asks for the symbol can make types, objects of its own types or capsules, or may ask for any
 * symbol. "PyType_From" begins several names.
 */
static bool makes_types(const char *symbol)
{
	static const char *const makers[] = {
		"PyType_Ready",     "PyType_From",     "PyType_Generic",      "PyCapsule_New",
		"PyCapsule_Set",    "PyObject_Init",   "PyObject_GC_New",     "_PyObject_New",
		"_PyObject_GC_New", "PyObject_Malloc", "_PyObject_GC_Malloc", "dlsym",
		"dlvsym",
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (begins_with(symbol, makers[i]))
			return true;
	return false;
}

/*
 * Whether the object can have made types and capsules. One that asks for none of the symbols that takes has
 * not, such as a library in C that ctypes has loaded, or a module that has functions only. Undefined symbols
 * come before those in the hash table, which says with which it begins (DT_GNU_HASH: buckets, first symbol, ...).
 */
static bool may_have_types(const struct shared_object *object)
{
	const ElfW(Dyn) *const dynamic = find_dynamic(object);
	const char *const strings = dynamic == NULL ? NULL : find_strings(dynamic);

	if (strings == NULL)
		return true;
	const ElfW(Sym) *const symbols = find_table(dynamic, DT_SYMTAB);
	const uint32_t *const hash = find_table(dynamic, DT_GNU_HASH);
	if (symbols == NULL || hash == NULL || hash[1] == 0)
		return true;
	for (uint32_t i = 1; i < hash[1]; i++)
		if (makes_types(strings + symbols[i].st_name))
			return true;
	return false;
}

static void mark_those_without_types(struct libraries *libraries)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (libraries->items[i].trust == TRUST_NONE &&
		    !may_have_types(&libraries->items[i].object))
			libraries->items[i].trust = TRUST_NEEDED;
}

static bool mark_as_needed(struct libraries *libraries, const char *name)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (libraries->items[i].trust == TRUST_NONE &&
		    has_name(&libraries->items[i], name)) {
			libraries->items[i].trust = TRUST_NEEDED;
			return true;
		}
	return false;
}

/* Returns whether another one became known so. */
static bool mark_needs(struct libraries *libraries, const struct library *library)
{
	const ElfW(Dyn) *dynamic = find_dynamic(&library->object);
	const char *const strings = dynamic == NULL ? NULL : find_strings(dynamic);
	bool marked = false;

	if (strings == NULL)
		return false;
	for (; dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_NEEDED)
			marked |= mark_as_needed(libraries, strings + dynamic->d_un.d_val);
	return marked;
}

static bool has_unknown(const struct libraries *libraries)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (libraries->items[i].trust == TRUST_NONE)
			return true;
	return false;
}

static void mark_needed(struct libraries *libraries)
{
	bool again = has_unknown(libraries);

	while (again) {
		again = false;
		for (size_t i = 0; i < libraries->count; i++)
			if (libraries->items[i].trust != TRUST_NONE)
				again |= mark_needs(libraries, &libraries->items[i]);
	}
}

/* --- for others */

void libraries_look(struct libraries *libraries, const char *dynload, struct harmless_names names)
{
	struct looking looking = {
		.libraries = libraries,
		.dynload = {.path = dynload},
		.names = names,
	};

	libraries->count = 0;
	libraries->interpreter = libraries->importer = (struct shared_object){0};
	libraries->all_known = true;
	shared_object_each(add, &looking);
	mark_needed(libraries);
	mark_those_without_types(libraries);
	if (has_unknown(libraries))
		libraries->all_known = false;
}

enum trust libraries_trust(const struct libraries *libraries, uintptr_t function)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (shared_object_holds(&libraries->items[i].object, function))
			return libraries->items[i].trust;
	return TRUST_NONE;
}
