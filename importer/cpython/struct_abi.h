/* SPDX-License-Identifier: MIT */
/* Which structures of the interpreter an image consists of. */
#ifndef IMPORTER_CPYTHON_STRUCT_ABI_H
#define IMPORTER_CPYTHON_STRUCT_ABI_H

#include <stdint.h>

/*
 * A number that stands for the sizes and offsets of all structures of the interpreter that images
 * lay out, as this translation unit's headers have them. It is the same for the builder and the user
 * of an image if both were compiled for interpreters with the same structures.
 */
uint64_t image_struct_abi(void);

/* Whether images are made for this version of CPython, which no other release of it changes. */
int image_version_is_supported(void);

/* Whether they are, and this is compiled for the release that runs. */
int image_is_supported(void);

#endif
