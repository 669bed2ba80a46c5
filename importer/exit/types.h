/* SPDX-License-Identifier: MIT */
/* What destroying the instances of a type can do. */
#ifndef IMPORTER_EXIT_TYPES_H
#define IMPORTER_EXIT_TYPES_H

#include <stdint.h>

#include "importer/cpython/compat.h"
#include "importer/exit/libraries.h"
#include "importer/exit/streams.h"

/* What there is to be looked at in an instance. */
enum kind {
	KIND_UNKNOWN,
	KIND_PLAIN, /* nothing, but what it refers to */
	KIND_ATOM,  /* nothing; it refers to nothing but atoms, and the collector never tracks it */
	KIND_TYPE,
	KIND_GENERATOR,
	KIND_WEAKREF,
	KIND_FILE,
	KIND_MEMORY_FILE, /* nothing, unless it has a method of its own */
	KIND_MODULE,
	KIND_CAPSULE,
	KIND_CODE,
	KIND_FIELD,     /* it refers to what the collector is not shown, as a time to its zone */
	KIND_PASSIVE,   /* it warns and closes a descriptor */
	KIND_FINALIZER, /* each of them is observable */
	KIND_FOREIGN,   /* code that is not known would destroy it */
	KIND_OPAQUE,    /* what it refers to cannot be found out */
	KIND_COUNT
};

enum {
	TYPE_SLOT_BITS = 12,
	TYPE_SLOTS = 1 << TYPE_SLOT_BITS,
	TYPE_KIND_MASK = 15, /* types are aligned to more than that */
};

_Static_assert((int)KIND_COUNT <= (int)TYPE_KIND_MASK + 1, "a kind has its place in a slot");

struct types {
	const struct libraries *libraries;
	const struct streams *streams;
	destructor subtype_dealloc;  /* tp_dealloc of classes that Python code defines */
	bool have_mappings;          /* of files into memory, which were met */
	unsigned int known;          /* slots in use */
	uintptr_t slots[TYPE_SLOTS]; /* hash table of types; the low bits are enum kind */
};

/* Where a type is in the hash table, unless others have taken the place. */
static inline size_t types_first_slot(const PyTypeObject *type)
{
	return (size_t)((uint64_t)(uintptr_t)type * UINT64_C(0x9e3779b97f4a7c15) >>
			(64 - TYPE_SLOT_BITS));
}

/* For types_kind(), where the first look is not enough. */
enum kind types_find_kind(struct types *types, PyTypeObject *type);

/* What else there is to be looked at in an instance of a type that is KIND_FINALIZER. */
enum kind types_kind_beside_finalizer(const struct types *types, PyTypeObject *type);

/* Runs no Python code and sets no exception. Needs the GIL. */
static inline enum kind types_kind(struct types *types, PyTypeObject *type)
{
	const uintptr_t slot = types->slots[types_first_slot(type)];

	return (slot & ~(uintptr_t)TYPE_KIND_MASK) == (uintptr_t)type
		       ? (enum kind)(slot & TYPE_KIND_MASK)
		       : types_find_kind(types, type);
}

/* Whether the collector knows instances of the type. */
static inline bool types_is_collected(PyTypeObject *type)
{
	return PyType_HasFeature(type, Py_TPFLAGS_HAVE_GC);
}

/* Whether Python code made it, or C code that left destroying its instances to the interpreter. */
bool types_is_class(const struct types *types, const PyTypeObject *type);

/* Whether code of Python's own, and of this type, destroys the instances. */
bool types_is_pythons(const struct types *types, const PyTypeObject *type);

/* Whether a method in Python is called when a buffer is given back that an instance has lent. */
bool types_releases_by_method(const struct types *types, const PyTypeObject *type);

/* Whether destroying the instances does more than free memory, though they have no finalizer. */
bool types_is_active(const struct types *types, const PyTypeObject *type);

bool types_is_one_of(const char *name, const char *const *list);

#endif
