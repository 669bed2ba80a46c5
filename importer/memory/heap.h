/* SPDX-License-Identifier: MIT */
/*
 * The C library's heap, where the interpreter has what is not small: tables of dictionaries and sets,
 * types, long strings and buffers. The kernel gives huge pages to none of it by itself, because the
 * heap begins anywhere and grows in small steps.
 */
#ifndef IMPORTER_MEMORY_HEAP_H
#define IMPORTER_MEMORY_HEAP_H

#include <stddef.h>

/*
 * Give `size` of the bytes that are allocated from the heap next huge pages: a multiple of one. As with
 * arena_install(), the caller knows that so much is needed and to be had, and calls this once, before
 * the interpreter is initialized. Nothing is done, and 0 returned, in a process that has other threads
 * (sbrk(2) is not safe among them), where memory is limited, where malloc() is not the C library's,
 * with its heap at the end of the data segment, and for more than 60 MiB. Otherwise returns `size`.
 */
size_t heap_want_huge(size_t size);

/*
 * The same in a process that has gone on with a snapshot, whose heap lies elsewhere: it grows from the break, at
 * which it has no memory yet. `size` is of the whole heap, with what was allocated before. To be called before
 * anything else is allocated. What is missing is asked for only if it is to be had, which costs system calls only if
 * something is missing. Returns the bytes that have been given.
 */
size_t heap_want_huge_again(size_t size);

#endif
