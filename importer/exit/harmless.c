/* SPDX-License-Identifier: MIT */
#include "importer/exit/harmless.h"

#include <string.h>

enum { NAMES_MAX = 4 };

/*
 * Of each, the destructors were read: those of its types (tp_dealloc, tp_clear, bf_releasebuffer), of
 * its capsules and of the modules themselves (m_clear, m_free), in the version that is named. Types with
 * a tp_finalize are not trusted for being listed here. What is not here is no worse: NumPy's arrays, for
 * one, can warn when they are destroyed, and write back; a greenlet that waits is made to run; what
 * PyQt's and gi's objects do when they are destroyed is up to other libraries and to the program.
 */
static const struct entry {
	const char *module; /* or a package, with all that is in it */
	const char *why;
	const char *active[NAMES_MAX]; /* types that do more, as far as they have no finalizer */
	const char *atoms[NAMES_MAX];  /* types not known to the collector that refer to nothing */
} table[] = {
	{.module = "Cryptodome",
	 .why = "3.11: no types; functions in C that Python calls by ctypes or cffi"},
	{.module = "Crypto", .why = "the same under its older name"},
	{.module = "PIL",
	 .why = "9.4 and 11.1, src/: images, fonts, profiles and codecs free their memory; encoders finish "
		"in calls only"},
	{.module = "_brotli",
	 .why = "1.0.9, python/_brotli.cc: compressor and decompressor free their state"},
	{.module = "_cffi_backend",
	 .why = "1.15, c/: owners of memory free it, libraries are closed as at any exit",
	 .active = {"_cffi_backend.__CDataGCP", "_cffi_backend.__CDataOwnGC"},
	 /* what these refer to is tracked, or owns memory in the same way */
	 .atoms = {"_cffi_backend._CDataBase", "_cffi_backend.__CDataOwn"}},
	{.module = "aiohttp", .why = "3.8, *.pyx: a parser frees its buffer"},
	{.module = "cryptography",
	 .why = "38.0 and 43.0, src/rust/: certificates, keys and contexts are memory, of Rust and of OpenSSL; "
		"a pool calls a function of the program",
	 .active = {"builtins.FixedPool"},
	 .atoms = {"builtins.ObjectIdentifier",
		   "cryptography.hazmat.bindings._rust.ObjectIdentifier"}},
	{.module = "frozenlist", .why = "1.3, _frozenlist.pyx: has no destructor of its own"},
	{.module = "lazy_object_proxy", .why = "1.9, cext.c: gives up what it refers to"},
	{.module = "lxml",
	 .why = "4.9, *.pyx, *.pxi: trees, parsers, schemas and expressions are memory of libxml2's; what "
		"writes a file bit by bit closes it",
	 .active = {"lxml.etree._IncrementalFileWriter"},
	 .atoms = {"lxml.etree.XSLTAccessControl", "lxml.etree._MemDebug"}},
	{.module = "markupsafe", .why = "2.1, _speedups.c: no types"},
	{.module = "mercurial",
	 .why = "6.3, cext/, thirdparty/ and python-zstandard: tables are freed, buffers "
		"released; streams are finished by calls only"},
	{.module = "msgpack", .why = "1.0, *.pyx: packer and unpacker free their buffers"},
	{.module = "multidict",
	 .why = "6.0, _multidict.c: dictionaries and iterators give up what they refer to",
	 .atoms = {"multidict._multidict.istr"}},
	{.module = "mypy",
	 .why = "compiled by mypyc, codegen/emitclass.py: destructors clear the attributes"},
	{.module = "*__mypyc",
	 .why = "what mypyc puts the modules of a package into, by its naming"},
	{.module = "psutil", .why = "5.9, psutil/*.c: no types; a module gives up a class"},
	{.module = "simplejson",
	 .why = "3.18, _speedups.c: scanner and encoder give up what they refer to"},
	{.module = "ujson", .why = "5.7, python/: no types; the module gives up a class"},
	{.module = "wrapt", .why = "1.14, _wrappers.c: proxies give up what they refer to"},
	{.module = "yaml",
	 .why = "6.0, _yaml.pyx: parser and emitter free libyaml's state; text is written in calls "
		"only"},
	{.module = "yarl", .why = "1.8, _quoting_c.pyx: has no destructor of its own"},
	{.module = "zope.interface",
	 .why = "5.5, _zope_interface_coptimizations.c: specifications give up what they refer to"},
};

static bool is_among(const char *name, const char *const names[NAMES_MAX])
{
	for (size_t i = 0; i < NAMES_MAX && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool harmless_is_active(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (is_among(name, table[i].active))
			return true;
	return false;
}

bool harmless_is_atom(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (is_among(name, table[i].atoms))
			return true;
	return false;
}

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
