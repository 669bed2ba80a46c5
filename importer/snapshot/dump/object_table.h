/* SPDX-License-Identifier: MIT */
/*
 * glibc's table of the objects in memory, in the order of their addresses, which unwinders search
 * (_dl_find_object(3), since 2.35; elf/dl-find_object.c). The kernel's shared object is in it, and lies
 * elsewhere in another process: with its new address the table would not be in order, and what lies around
 * it not be found. So its entry stays as it is, but has no end, as the entries of objects that were closed.
 */
#ifndef IMPORTER_SNAPSHOT_DUMP_OBJECT_TABLE_H
#define IMPORTER_SNAPSHOT_DUMP_OBJECT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* The entry's words, up to those that matter. */
enum { OBJECT_START, OBJECT_END, OBJECT_LINK_MAP, OBJECT_FRAMES, OBJECT_WORDS };

/* The entry of the object that `address` is in. False if there is none, or no such table. */
bool object_table_look_up(uint64_t address, uint64_t entry[OBJECT_WORDS]);

#endif
