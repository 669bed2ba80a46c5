/* SPDX-License-Identifier: MIT */
/*
 * Memory for the interpreter's small objects, in huge pages. The interpreter asks for it in arenas
 * (of 1 MiB in CPython 3.11 to 3.13), through PyObject_SetArenaAllocator(); the first ones come from
 * an area of ours, all others from where they came before.
 */
#ifndef IMPORTER_MEMORY_ARENA_H
#define IMPORTER_MEMORY_ARENA_H

#include <stdatomic.h>

#include "importer/cpython/compat.h"

enum { ARENA_SLOTS = 512, ARENA_SLOTS_IN_WORD = 64 };

/*
 * The area, and which parts of it are in use: bits, since from Python 3.12 on interpreters that have
 * a GIL each ask at the same time, and a lock could stay taken in the child of a fork.
 */
struct arena {
	char *start;
	size_t slot_count;
	_Atomic(uint64_t) in_use[ARENA_SLOTS / ARENA_SLOTS_IN_WORD];
	PyObjectArenaAllocator other; /* who serves what has no place here */
};

/* The bytes of an area for `size` bytes: pages_round(), and not too many. */
size_t arena_round(size_t size);

/*
 * Give the first arenas, as many as have place in `size` bytes, huge pages; `size` is a result of
 * arena_round(). The caller has reason to believe that the program needs so much, for what is not
 * needed is wasted, and has asked whether there are pages in plenty. To be called once, before the
 * interpreter is initialized; the function that it sets, and *arena, stay in use for as long as the
 * process lives.
 */
void arena_install(struct arena *arena, size_t size);

/* Bytes of the area, 0 if there is none. */
size_t arena_size(const struct arena *arena);

#endif
