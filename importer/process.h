/* SPDX-License-Identifier: MIT */
/*
 * What belongs to the one process that we are in: its number, descriptors, and the memory that it was
 * given; what rooms know of it themselves (find/folder.h, memory/gc_deferral.h) they make new when they
 * are told. Where a process goes on with the memory of another, as the child
 * of a fork does, process_renew() makes it that process's own.
 */
#ifndef IMPORTER_PROCESS_H
#define IMPORTER_PROCESS_H

#include <sys/types.h>

#include "importer/memory/arena.h"

struct process {
	pid_t reporter;        /* which prints the statistics; 0: this one does not */
	int bundle_descriptor; /* until the bundle is read; -1: closed */
	struct arena arena;    /* small objects; takes care of threads itself */
	size_t huge_heap;      /* bytes of the heap that huge pages were asked for */
	size_t heap_size;      /* bytes of it that are worth that, if known; 0: none */
};

/* Written under the GIL of the main interpreter, but for the arena. */
extern struct process process;

/*
 * The session of this process begins, with a bundle open at the descriptor, or -1. From now on
 * process_renew() is called in the child of each fork; a program does not see that.
 */
void process_begin(int bundle_descriptor);

/* What the user wants to be told, as the launcher has handed it over: enum handoff_flag, or-ed. */
void process_heed(unsigned int flags);

/* Close the bundle, if it is still open. What is mapped of it stays. */
void process_close_bundle(void);

/*
 * This process is another one than before, with the same memory and one thread. It prints no
 * statistics, looks at folders itself, and waits for no import of a thread that it does not have.
 * Can be called at any time, without the GIL.
 */
void process_renew(void);

#endif
