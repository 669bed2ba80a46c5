/* SPDX-License-Identifier: MIT */
#include "importer/exit/types.h"

#include <string.h>

#include "importer/cpython/tls_context.h"
#include "importer/exit/sockets.h"

#if COMPAT_KNOWN_FINALIZATION

bool types_is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool types_is_class(const struct types *types, const PyTypeObject *type)
{
	return type->tp_dealloc == types->subtype_dealloc;
}

static releasebufferproc releaser(const PyTypeObject *type)
{
	return type->tp_as_buffer == NULL ? NULL : type->tp_as_buffer->bf_releasebuffer;
}

/*
 * From 3.12 on (PEP 688) a view that is destroyed calls __release_buffer__() of the class that has lent it. Such
 * a class has a function of the interpreter that no base in C has; one of another module's is told by its place.
 */
bool types_releases_by_method(const struct types *types, const PyTypeObject *type)
{
	const releasebufferproc own = releaser(type);

	while (types_is_class(types, type) && type->tp_base != NULL)
		type = type->tp_base;
	return own != NULL && own != releaser(type) &&
	       libraries_trust(types->libraries, (uintptr_t)own) == TRUST_PYTHON;
}

/*
 * Types of known modules that do more than free memory, and that have no finalizer to tell them by:
 * they write to files, or call functions. What ctypes makes of a function, C can call when something
 * is destroyed that cannot be found. (CPython 3.11: Modules/_sqlite/connection.c and blob.c,
 * _gdbmmodule.c, _dbmmodule.c, _tkinter.c, _ctypes/callbacks.c. Of other modules: exit/harmless.c.)
 */
bool types_is_active(const struct types *types, const PyTypeObject *type)
{
	static const char *const active[] = {
		"sqlite3.Connection", "sqlite3.Blob",         "_gdbm.gdbm", "_dbm.dbm",
		"_tkinter.tkapp",     "_ctypes.CThunkObject", NULL};

	if (types_releases_by_method(types, type))
		return true;
	for (; type != NULL; type = type->tp_base)
		if (!types_is_class(types, type) &&
		    (types_is_one_of(type->tp_name, active) || harmless_is_active(type->tp_name)))
			return true;
	return false;
}

/*
 * Types of Python's that do not show the collector all that they refer to, though instances of them, or of
 * classes derived from them, are collected. (CPython 3.11: Modules/_pickle.c, Unpickler_traverse() leaves
 * out the memo, Modules/_lsprof.c the entries; what has a time zone is not collected by itself.)
 */
static bool is_secretive(const PyTypeObject *type)
{
	static const char *const secretive[] = {"_pickle.Unpickler", "_lsprof.Profiler",
						"datetime.datetime", "datetime.time", NULL};

	for (; type != NULL; type = type->tp_base)
		if (types_is_one_of(type->tp_name, secretive))
			return true;
	return false;
}

static bool is_reference(PyTypeObject *type)
{
	return PyType_IsSubtype(type, &_PyWeakref_RefType) || type == &_PyWeakref_ProxyType ||
	       type == &_PyWeakref_CallableProxyType;
}

/* --- whose code it is */

static bool is_known_function(const struct types *types, void (*function)(void))
{
	return libraries_know(types->libraries, (uintptr_t)function);
}

/*
 * Whether all that is called when an instance is destroyed, or the buffer that it has lent is given
 * back, belongs to Python or to a module that is known to be harmless. A class that Python code
 * defines calls the destructor of a base class.
 */
static bool is_known_type(const struct types *types, const PyTypeObject *type)
{
	for (; type != NULL; type = type->tp_base) {
		const PyBufferProcs *const buffer = type->tp_as_buffer;
		if (!is_known_function(types, (void (*)(void))type->tp_dealloc) ||
		    !is_known_function(types, (void (*)(void))type->tp_free) ||
		    !is_known_function(types, (void (*)(void))type->tp_clear) ||
		    (buffer != NULL &&
		     !is_known_function(types, (void (*)(void))buffer->bf_releasebuffer)))
			return false;
	}
	return true;
}

bool types_is_pythons(const struct types *types, const PyTypeObject *type)
{
	return !types_is_class(types, type) &&
	       libraries_trust(types->libraries, (uintptr_t)type->tp_dealloc) == TRUST_PYTHON;
}

/* A socket, and what is left of os.scandir(): they close a descriptor. */
static bool is_passive(const struct types *types, const PyTypeObject *type)
{
	static const char *const passive[] = {"posix.ScandirIterator", "_socket.socket", NULL};
	const destructor finalize = type->tp_finalize;

	if (finalize == NULL || (types_is_class(types, type) && !sockets_have_class(type)))
		return false;
	while (types_is_class(types, type) && type->tp_base != NULL)
		type = type->tp_base;
	return type->tp_finalize == finalize && types_is_pythons(types, type) &&
	       types_is_one_of(type->tp_name, passive);
}

/* --- types that the collector does not know */

static bool has_field(const struct types *types, const PyTypeObject *type)
{
	static const char *const names[] = {"datetime.datetime", "datetime.time", "CArgObject",
					    "_RunningLoopHolder", NULL};

	return types_is_pythons(types, type) && types_is_one_of(type->tp_name, names);
}

/*
 * Python's own types without references to objects of any other kind. A class that is derived from
 * one and not collected has no attributes.
 */
static bool is_atom(const struct types *types, const PyTypeObject *type)
{
	static const char *const atoms[] = {
		"object", "NoneType", "NotImplementedType", "ellipsis", "bool", "int", "float",
		"complex", "str", "bytes", "bytearray", "range", "range_iterator",
		"longrange_iterator", "moduledef", "fieldnameiterator", "formatteriterator",
		"stderrprinter", "EncodingMap", "symtable entry", "Token.MISSING",
		/* its links are shown by the cache that it belongs to */
		"functools._lru_list_elem",
		/* its key and table are types and their names, which are tracked */
		"_ctypes.DictRemover", "_thread.lock", "_thread._ThreadHandle",
		"_thread._localdummy", "_random.Random", "datetime.date", "datetime.timedelta",
		"datetime.timezone", "datetime.tzinfo", "decimal.Decimal", "decimal.Context",
		"decimal.SignalDictMixin", "posix.DirEntry", "select.epoll", "select.poll",
		"_multiprocessing.SemLock", "_hashlib.HASH", "_hashlib.HASHXOF", "_hashlib.HMAC",
		"_ssl.Certificate", "_bz2.BZ2Compressor", "_bz2.BZ2Decompressor",
		"_lzma.LZMACompressor", "_lzma.LZMADecompressor", "_curses.window", NULL};

	while (types_is_class(types, type) && Py_SIZE(type) == 0 && type->tp_base != NULL)
		type = type->tp_base;
	return types_is_pythons(types, type) && types_is_one_of(type->tp_name, atoms);
}

/* Whether an instance has no room for a reference; what known code destroys does not hide it elsewhere. */
static bool is_empty(const PyTypeObject *type)
{
	return type->tp_basicsize == sizeof(PyObject) && type->tp_itemsize == 0;
}

/* The same for other modules' types. What derived classes make of them is not known. */
static bool is_foreign_atom(const struct types *types, const PyTypeObject *type)
{
	return libraries_trust(types->libraries, (uintptr_t)type->tp_dealloc) == TRUST_HARMLESS &&
	       harmless_is_atom(type->tp_name);
}

/* --- all types */

static enum kind classify_finalized(const struct types *types, PyTypeObject *type)
{
	if (type == &PyGen_Type || type == &PyCoro_Type || type == &PyAsyncGen_Type)
		return KIND_GENERATOR;
	if (streams_are_in_memory(types->streams, type))
		return KIND_MEMORY_FILE;
	if (streams_are_files(types->streams, type))
		return KIND_FILE;
	if (!is_known_type(types, type))
		return KIND_FOREIGN;
	if (is_passive(types, type))
		return KIND_PASSIVE;
	if (type->tp_finalize != NULL || type->tp_del != NULL || types_is_active(types, type))
		return KIND_FINALIZER;
	return KIND_UNKNOWN;
}

enum kind types_kind_beside_finalizer(const struct types *types, PyTypeObject *type)
{
	if (PyType_IsSubtype(type, &PyType_Type))
		return KIND_TYPE;
	if (is_reference(type))
		return KIND_WEAKREF;
	if (PyType_IsSubtype(type, &PyModule_Type))
		return KIND_MODULE;
	if (type == &PyCapsule_Type)
		return KIND_CAPSULE;
	if (type == &PyCode_Type)
		return KIND_CODE;
	if (types_is_collected(type))
		return is_secretive(type)               ? KIND_OPAQUE
		       : tls_context_type(type) != NULL ? KIND_FIELD
							: KIND_PLAIN;
	if (has_field(types, type))
		return KIND_FIELD;
	return is_atom(types, type) || is_empty(type) || is_foreign_atom(types, type) ? KIND_ATOM
										      : KIND_OPAQUE;
}

static enum kind classify(const struct types *types, PyTypeObject *type)
{
	const enum kind kind = classify_finalized(types, type);

	return kind == KIND_UNKNOWN ? types_kind_beside_finalizer(types, type) : kind;
}

static bool is_mapping(const PyTypeObject *type)
{
	while (type != NULL && strcmp(type->tp_name, "mmap.mmap") != 0)
		type = type->tp_base;
	return type != NULL;
}

enum kind types_find_kind(struct types *types, PyTypeObject *type)
{
	const uintptr_t key = (uintptr_t)type;
	size_t i = types_first_slot(type);
	enum kind kind;

	while (types->slots[i] != 0 && (types->slots[i] & ~(uintptr_t)TYPE_KIND_MASK) != key)
		i = (i + 1) % TYPE_SLOTS;
	if (types->slots[i] != 0)
		return (enum kind)(types->slots[i] & TYPE_KIND_MASK);
	kind = classify(types, type);
	types->have_mappings |= is_mapping(type);
	if (types->known < TYPE_SLOTS / 2) {
		types->slots[i] = key | (uintptr_t)kind;
		types->known++;
	}
	return kind;
}

#endif
