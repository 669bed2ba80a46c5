/* SPDX-License-Identifier: MIT */
/*
 * Making a snapshot: a process describes its own memory and writes its pages. Nothing that the dump needs
 * for itself is in it: tables and buffers lie in one mapping that is left out, and so is the stack.
 */
#ifndef IMPORTER_SNAPSHOT_DUMP_DUMP_H
#define IMPORTER_SNAPSHOT_DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "importer/snapshot/initial_stack.h"
#include "lib/error.h"
#include "lib/snapshot_format.h"

struct dump_request {
	const struct initial_stack *stack;
	const int *kept; /* descriptors above 2 that may be open: whoever restores sees to them */
	size_t kept_count;
	/*
	 * Words that whoever goes on sets before anything reads them, such as bounds of the stack: they may
	 * point to it, and are FIXUP_NULL then.
	 */
	const void *const *renewed;
	size_t renewed_count;
	int pages;        /* a descriptor that the pages are written to, from where it is */
	uint64_t entry;   /* for struct snapshot_thread */
	bool is_written;  /* who goes on writes to nearly all memory that no advice was given for */
	bool is_compared; /* nobody goes on with it: it may lie where a stack would */
};

/* Lies on the stack of the caller, or it would be in the snapshot itself. */
struct dump {
	struct snapshot snapshot; /* its tables are in `memory` */
	void *memory;
	size_t size;
};

/*
 * Describe the memory of the calling process, and write its pages. The process goes on as it was. What
 * is written after a failure is of no use. Who goes on in the snapshot has to set `environ`, and to push a
 * frame for pthread_exit(), as pthread_cleanup_push() does: those of the old process are FIXUP_NULL.
 *
 * The process has to have one thread and nothing that a new one could not be given: the text says what
 * there is. Errors: PYB_ERR_UNSUPPORTED for that, and where the kernel does not tell what has to be known;
 * PYB_ERR_IO and PYB_ERR_MEMORY; PYB_ERR_AGAIN if it depends on where the kernel has put things, or for a
 * word that may look like an address of the stack by chance. A new process, with other addresses, may succeed
 * then. One that fails thrice has such a pointer.
 */
enum pyb_status snapshot_dump(const struct dump_request *request, struct dump *dump,
			      struct pyb_error *error);

/* Give back the tables. Also for a dump that is all zeros, or failed. */
void dump_free(struct dump *dump);

#endif
