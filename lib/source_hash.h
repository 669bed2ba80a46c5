/* SPDX-License-Identifier: MIT */
/* The hash by which a source is known again, whatever its times. */
#ifndef PYB_SOURCE_HASH_H
#define PYB_SOURCE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * What importlib.util.source_hash() gives for these bytes, as a little-endian number: SipHash-1-3 with
 * the interpreter's bytecode magic as key. Hash-based .pyc files (PEP 552) hold the same number, and
 * an interpreter that builds a bundle can compute it with its own means. Pure; thread-safe.
 */
uint64_t pyb_source_hash(uint32_t bytecode_magic, const void *data, size_t size);

#endif
