/* SPDX-License-Identifier: MIT */
/*
 * Memory for the interpreter's small objects, in huge pages. The interpreter asks for it in arenas
 * (of 1 MiB in CPython 3.11 to 3.13), through PyObject_SetArenaAllocator(); the first ones come from
 * an area of ours, all others from where they came before.
 */
#ifndef PYSTART_ARENA_H
#define PYSTART_ARENA_H

#include <stddef.h>

/*
 * Give the first arenas, as many as whole huge pages have place for in `size` bytes, huge pages. The
 * caller has reason to believe that the program needs so much: what is not needed is wasted. Does
 * nothing if there is not memory in plenty. To be called once, before the interpreter is
 * initialized; the function that it sets stays in use for as long as the process lives.
 */
void arena_install(size_t size);

/* Bytes of the area, 0 if there is none. */
size_t arena_size(void);

#endif
