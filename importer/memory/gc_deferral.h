/* SPDX-License-Identifier: MIT */
/*
 * No automatic garbage collection during imports (policy gc). What imports make stays: modules,
 * classes, functions. The collector would look at all of it again and again and free next to
 * nothing.
 *
 * The collector remains on, as whoever asks sees; it is only given more allocations to wait for.
 * When the outermost import ends, and the collector would have run by then, what there is goes to the
 * middle generation, as if a collection of the youngest had just found no garbage. What is garbage is
 * found when the collector reaches that generation by its own rules, or before anybody can see it
 * (gc_looks.h). A process is granted a certain number of allocations, so that programs that import all
 * the time, or do all their work within an import, are collected as ever.
 *
 * All functions need the GIL.
 */
#ifndef IMPORTER_MEMORY_GC_DEFERRAL_H
#define IMPORTER_MEMORY_GC_DEFERRAL_H

#include <pthread.h>

#include "importer/cpython/compat.h"

struct gc_deferral {
	void *state; /* the collector's, of the main interpreter; NULL: leave it alone */
	const PyInterpreterState *interpreter;
	int granted;            /* allocations that may still be made without a collection */
	bool is_deferred;       /* an outermost import is under way ... */
	pthread_t thread;       /* ... in this thread */
	int count;              /* allocations when it began, that the collector waits with */
	int looked;             /* allocations in it when somebody last looked (gc_looks.c) */
	bool has_left;          /* the last import may have left garbage in the middle generation */
	Py_ssize_t collections; /* of that generation and the oldest, when it ended */
};

/* For gc_looks.c, which makes a collection in its place. */
extern struct gc_deferral gc_deferral;

/* Get ready, if the policy is on and the interpreter is known. */
void gc_deferral_init(void);

/*
 * An import begins. Returns true if collections wait from now on for gc_deferral_end(), which is to
 * be called when this import ends; false if nothing is to be done.
 */
bool gc_deferral_begin(void);
void gc_deferral_end(void);

/* How many objects the import that is under way has made, less those that are gone. */
int gc_deferral_allocated(void);

/*
 * In the child of a fork: if the import was another thread's, which is not there, it never ends, and
 * nothing is to wait for it.
 */
void gc_deferral_forked(void);

#endif
