/* SPDX-License-Identifier: MIT */
#include "importer/exit/harmless.h"

#include <string.h>

/*
 * Of each, the destructors were read: those of its types (tp_dealloc, tp_clear, bf_releasebuffer), of
 * its capsules and of the modules themselves (m_clear, m_free), in the version that is named. Types with
 * a tp_finalize are not trusted for being listed here, nor those that exit/types.c names as active. What
 * is not here is no worse: NumPy's arrays, for one, can warn when they are destroyed, and write back.
 */
static const struct entry {
	const char *module; /* or a package, with all that is in it */
	const char *why;
} table[] = {
	{"Cryptodome", "3.11: no types; functions in C that Python calls by ctypes or cffi"},
	{"Crypto", "the same under its older name"},
	{"_brotli", "1.0.9, python/_brotli.cc: compressor and decompressor free their state"},
	{"_cffi_backend",
	 "1.15, c/: owners of memory free it, libraries are closed as at any exit; "
	 "what calls functions is named in types.c"},
	{"markupsafe", "2.1, _speedups.c: no types"},
	{"mercurial", "6.3, cext/, thirdparty/ and python-zstandard: tables are freed, buffers "
		      "released; streams are finished by calls only"},
	{"multidict", "6.0, _multidict.c: dictionaries and iterators give up what they refer to"},
	{"mypy", "compiled by mypyc, codegen/emitclass.py: destructors clear the attributes"},
	{"*__mypyc", "what mypyc puts the modules of a package into, by its naming"},
	{"simplejson", "3.18, _speedups.c: scanner and encoder give up what they refer to"},
	{"yaml",
	 "6.0, _yaml.pyx: parser and emitter free libyaml's state; text is written in calls "
	 "only"},
};

/* The length of a path's part up to the next slash. */
static size_t part_size(const char *part)
{
	return strcspn(part, "/");
}

/* The same without the suffix that makes the file an extension module. */
static size_t stem_size(const char *part)
{
	return strcspn(part, "/.");
}

/*
 * Whether a path that is relative to an entry of sys.path is that of the module or lies in the
 * package. The first part of the name may begin with `*`, which stands for any characters.
 */
static bool is_in(const char *path, const char *name, size_t size)
{
	while (size > 0) {
		const char *const dot = memchr(name, '.', size);
		const size_t wanted = dot == NULL ? size : (size_t)(dot - name);
		const bool is_file = path[part_size(path)] == '\0';
		const size_t given = is_file ? stem_size(path) : part_size(path);

		if (*name == '*') {
			if (given < wanted - 1 ||
			    memcmp(path + given - (wanted - 1), name + 1, wanted - 1) != 0)
				return false;
		} else if (given != wanted || memcmp(path, name, wanted) != 0) {
			return false;
		}
		if (dot == NULL)
			return true;
		if (is_file)
			return false;
		path += given + 1;
		name += wanted + 1;
		size -= wanted + 1;
	}
	return false;
}

/* What follows the folder that installers use; NULL if there is none in the path. */
static const char *behind_site_folder(const char *path)
{
	static const char *const folders[] = {"/site-packages/", "/dist-packages/"};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		for (const char *at = strstr(path, folders[i]); at != NULL;
		     at = strstr(at + 1, folders[i]))
			if (at >= found)
				found = at + strlen(folders[i]);
	return found;
}

static bool is_listed(const char *path)
{
	const char *const module = behind_site_folder(path);

	for (size_t i = 0; module != NULL && i < sizeof(table) / sizeof(*table); i++)
		if (is_in(module, table[i].module, strlen(table[i].module)))
			return true;
	return false;
}

/* Any folder of the path may be one of sys.path. */
static bool is_at_any_folder(const char *path, const char *name, size_t size)
{
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
		if (is_in(slash + 1, name, size))
			return true;
	return false;
}

bool harmless_has(struct harmless_names names, const char *path)
{
	size_t size;

	if (is_listed(path))
		return true;
	for (size_t at = 0; at < names.size; at += size + 1) {
		size = strnlen(names.text + at, names.size - at);
		if (size > 0 && is_at_any_folder(path, names.text + at, size))
			return true;
	}
	return false;
}
