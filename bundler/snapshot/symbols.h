/* SPDX-License-Identifier: MIT */
/* The names of what lies where in a program or a library, for messages. */
#ifndef BUNDLER_SNAPSHOT_SYMBOLS_H
#define BUNDLER_SNAPSHOT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes of memory the file takes, from its first byte on; 0 if it is no program or library. False if it
 * cannot be read.
 */
bool symbols_extent(const char *path, uint64_t *extent);

/*
 * The name of the data that an address is in, of those that the file exports; `offset` is the address less where
 * the first byte of the file lies. With `is_exact`, it has to begin there. False if there is none, or the file
 * is none that can be read.
 */
bool symbols_find(const char *path, uint64_t offset, bool is_exact, char *name, size_t size);

#endif
