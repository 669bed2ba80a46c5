/* SPDX-License-Identifier: MIT */
/*
 * Laying out objects of the running interpreter as an image, see lib/format.h. Internal to the
 * extension module pystart_imager; everything is called under the GIL. Functions that return int
 * give 0, or -1 with an exception set.
 */
#ifndef IMPORTER_IMAGER_BUILDER_H
#define IMPORTER_IMAGER_BUILDER_H

#include "importer/cpython/compat.h"
#include "lib/buffer.h"
#include "lib/format.h"

/*
 * Where an object of the group goes that is being laid out. What one region holds is used at the
 * same time, so that few pages are touched.
 */
enum region {
	REGION_HOT,  /* what executing the module's body touches, and constants of its functions */
	REGION_COLD, /* what else calling its functions touches */
	REGION_RARE, /* what only tracebacks, debuggers and inspection look at */
	REGION_COUNT,
	REGION_FINAL = REGION_COUNT, /* in the image: an object of group 0, which is complete */
};

/*
 * The location of an object or of a slot: the region in the upper bits, and in the lower the offset from
 * its start. It holds until the group is complete; then group.c makes the offset in the image of it.
 */
typedef uint64_t location;
enum { LOCATION_SHIFT = 56 };
#define LOCATION_NONE UINT64_MAX

/* A slot, and the object that it points to. */
struct pointer {
	location at, to;
};

/* A string that the interpreter has interned in its static memory, and our copy of it. */
struct static_string {
	uint64_t address; /* as in the file */
	location copy;
};

struct module {
	uint32_t number; /* of its record */
	location code;
	uint64_t code_size;
	uint32_t first_frozenset, frozenset_count; /* among those of the group */
};

/* The group that is being laid out. */
struct group {
	struct pyb_buffer regions[REGION_COUNT]; /* the objects' bytes */
	struct pyb_buffer modules;               /* struct module[] */
	struct pyb_buffer internal;              /* struct pointer[]: to objects of the image */
	struct pyb_buffer external;     /* location[]: pointers to the interpreter's objects */
	struct pyb_buffer string_slots; /* struct pointer[]: those of `internal` to strings */
	struct pyb_buffer interned;     /* location[]: strings that are interned */
	struct pyb_buffer frozensets;   /* struct pointer[]; `to`: the elements */
	struct pyb_buffer statics;      /* struct static_string[] */
	struct pyb_buffer static_slots; /* struct pointer[]: those to them; `to`: address */
	PyObject *strings;              /* dict: key of a string -> location */
	PyObject *constants;            /* dict: key of another constant -> location */
	PyObject *numbers;              /* dict: what keys.c knows of the module at hand */
	PyObject *listed;  /* set of the locations in `interned`, and of those in `statics` */
	PyObject *singles; /* dict: address of what is not shared by value -> location */
};

/* Where the interpreter's static data are. */
struct interpreter {
	uintptr_t start, end;                 /* of the object that holds the interpreter */
	uintptr_t runtime_start, runtime_end; /* of _PyRuntime, which has its static strings */
	uintptr_t shift; /* is subtracted from addresses, so that they are the same each time */
};

struct builder {
	struct interpreter interpreter;
	PyObject *
		early; /* set: strings that the interpreter interns before the image is used; borrowed */
	struct group group;
	PyObject *shared_strings,
		*shared_constants;   /* of group 0, in final locations; NULL before */
	struct pyb_buffer hot, cold; /* finished parts of the image */
	struct pyb_buffer modules, groups, statics, interned,
		frozensets;            /* tables of section IMAGE */
	struct pyb_buffer relocations; /* section RELOCATIONS */
	struct pyb_buffer code_sizes;  /* uint64_t[]: of each module's code object, or 0 */
	uint64_t hot_span;
	uint32_t code_count; /* code objects that were laid out */
};

static inline location location_make(enum region region, uint64_t offset)
{
	return (uint64_t)region << LOCATION_SHIFT | offset;
}

static inline enum region location_region(location at)
{
	return (enum region)(at >> LOCATION_SHIFT);
}

static inline uint64_t location_offset(location at)
{
	return at & ((UINT64_C(1) << LOCATION_SHIFT) - 1);
}

/* How many elements of that size a buffer holds. */
static inline uint32_t count_of(const struct pyb_buffer *buffer, size_t element)
{
	return (uint32_t)(buffer->size / element);
}

/* interpreter_objects.c: find out where the interpreter's static data are. */
int interpreter_find(struct interpreter *interpreter);

/* interpreter_objects.c: whether the image can refer to this object where it is. */
bool interpreter_holds(const struct interpreter *interpreter, PyObject *object);

/* interpreter_objects.c: whether it is a static string, which will be there and probably be interned. */
bool interpreter_has_static_string(const struct interpreter *interpreter, PyObject *object);

/* keys.c: what an object, which may be shared by several modules, is found by. A new reference. */
PyObject *key_of(struct builder *builder, PyObject *object);

/* code.c: lay out all interned strings of the code, or of another constant. */
int lay_out_interned(struct builder *builder, PyObject *object);

/*
 * code.c: lay out the code of a module, in which frozensets have been replaced by lists of their
 * elements.
 */
int lay_out_module(struct builder *builder, PyObject *code, uint32_t number);

/* group.c: begin a group, and end it: its objects get their final positions and its tables an entry. */
int group_begin(struct builder *builder);
int group_end(struct builder *builder);
void group_release(struct group *group);

/* append.c: append to a buffer; MemoryError on failure. */
int append(struct pyb_buffer *buffer, const void *data, size_t size);

#endif
