/* SPDX-License-Identifier: MIT */
/* Whose memory an address is of, and what lies there, in words for a message. */
#ifndef IMPORTER_SNAPSHOT_DUMP_OWNER_H
#define IMPORTER_SNAPSHOT_DUMP_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/dump/own_memory.h"

/* The symbol and the file that `address` is of, or the name of its memory, as far as they are known. */
void owner_name(const struct dumper *dumper, uint64_t address, char *text, size_t size);

/* What an address of the stack is: the text of an argument, of a variable, or another one. */
void owner_name_target(const struct dumper *dumper, uint64_t address, char *text, size_t size);

#endif
