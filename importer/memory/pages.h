/* SPDX-License-Identifier: MIT */
/*
 * Large pages and small ones. Huge pages need one page fault and one entry of the processor's address
 * cache instead of 512. All functions can be called before the interpreter is initialized.
 */
#ifndef IMPORTER_MEMORY_PAGES_H
#define IMPORTER_MEMORY_PAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 }; /* bytes of one, on the machines that we use them on */

/*
 * Whether huge pages for `size` bytes can be had at once. The kernel may stop a process that asks
 * for one until it has made room for it, so nothing is asked for unless so much memory lies free in
 * pieces of that size that others can be served meanwhile. False where this cannot be known.
 */
bool pages_are_plentiful(size_t size);

/* The bytes that a text in the form of /proc/buddyinfo says to be free in pieces of a huge page or more. */
size_t pages_free_in_report(const char *report);

/*
 * Bytes of whole huge pages for `size` bytes that are needed: more than these only if no more than a
 * quarter of a page is wasted by that.
 */
size_t pages_round(size_t size);

/* Ask for huge pages in this range: whole ones, aligned. A wish; nothing is allocated. */
void pages_want_huge(void *start, size_t size);

/* Ask for small pages, also where the system gives huge ones to everybody. */
void pages_want_small(void *start, size_t size);

/*
 * Put new memory, in huge pages, in the place of that which is mapped there: pages that were touched are
 * small and stay so. It is there before the old one goes: a mapping that fails in its place could leave
 * none. False: it did not succeed.
 */
bool pages_renew(char *start, size_t size);

/*
 * Give the range memory of its own at once, as writing to each page would: anonymous memory, or a private
 * mapping of a file. Nothing changes in what it holds. A wish: older kernels than Linux 5.14 do not know it.
 */
void pages_populate(void *start, size_t size);

/*
 * Where a page of a file is looked at, the kernel maps what it has of the 64 KiB around it, all of
 * which then counts as memory of the process: make that less, for a mapping of which little is looked
 * at. It does not map beyond the end of a mapping, and pieces with different advice are mappings. One
 * of these takes as much time as a page fault.
 */
void pages_limit_around(void *start, size_t size);

#endif
