/* SPDX-License-Identifier: MIT */
/*
 * The words of a process that do not fit another one: they tell of its stack, of the kernel's shared object,
 * or of what the kernel has numbered. Each is of a known kind, or there is no snapshot.
 */
#ifndef IMPORTER_SNAPSHOT_DUMP_FIXUPS_H
#define IMPORTER_SNAPSHOT_DUMP_FIXUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/dump/object_table.h"
#include "importer/snapshot/dump/own_memory.h"

enum {
	KNOWN_VALUES = 10,
	KNOWN_PLACES = 4,
};

/* What is looked for, and how much was found. */
struct fixup_search {
	uint64_t stack, stack_end; /* what it may grow to; and the address behind it is its, too */
	uint64_t deepest, frame; /* between them are functions that have returned, and the dumper */
	uint64_t vdso, vdso_end;
	uint64_t variables, variables_end; /* the vector of the environment, unless on the stack */
	uint64_t entry[OBJECT_WORDS];      /* of the vdso in the table of objects */
	bool has_entry;
	uint64_t entry_address; /* where it was seen last */
	struct {
		uint64_t value; /* an address of the stack; 0: there is none of this kind */
		uint32_t kind;
	} values[KNOWN_VALUES];
	struct {
		uint64_t address; /* of a word that is put right whatever it is */
		uint32_t kind;
	} places[KNOWN_PLACES];
	size_t place_count;
	size_t places_found;
};

/*
 * Prepare for the dumper's maps and thread. `frame` is the address of the dumper's own frame: words that
 * lead there or to what lies below tell of frames that are gone. Errors: PYB_ERR_UNSUPPORTED.
 */
enum pyb_status fixups_begin(struct fixup_search *search, const struct dumper *dumper,
			     const void *frame, struct pyb_error *error);

/*
 * Look at memory that is stored: `size` bytes, whole pages, of which the dumper's buffer has a copy.
 * Addresses rise from call to call. Errors: PYB_ERR_AGAIN for a word that points to the stack and is of no
 * known kind, PYB_ERR_MEMORY for too many fix-ups.
 */
enum pyb_status fixups_scan(struct fixup_search *search, struct dumper *dumper, uint64_t address,
			    size_t size, struct pyb_error *error);

/* Check that all was seen that has to be put right. Errors: PYB_ERR_UNSUPPORTED. */
enum pyb_status fixups_end(const struct fixup_search *search, struct pyb_error *error);

#endif
