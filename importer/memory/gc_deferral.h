/* SPDX-License-Identifier: MIT */
/*
 * No automatic garbage collection during imports (policy gc). What imports make stays: modules,
 * classes, functions. The collector would look at all of it again and again and free next to
 * nothing.
 *
 * The collector remains on, as whoever asks sees; it is only given more allocations to wait for.
 * When the outermost import ends, what it made goes to the oldest generation, as if a collection had
 * just found no garbage there; what is garbage is found by the next full collection, which comes by
 * the collector's own rules. A process is granted a certain number of allocations, so that programs
 * that import all the time, or do all their work within an import, are collected as ever.
 *
 * All functions need the GIL.
 */
#ifndef IMPORTER_MEMORY_GC_DEFERRAL_H
#define IMPORTER_MEMORY_GC_DEFERRAL_H

#include "importer/cpython/compat.h"

struct collector {
	void *state; /* of the main interpreter; NULL: leave it alone */
	const PyInterpreterState *interpreter;
	PyCFunction stock_get_count; /* what gc.get_count() calls; it is ours */
	int granted;                 /* allocations that may still be made without a collection */
	bool is_deferred;            /* an outermost import is under way */
	int count;                   /* allocations when it began, that the collector waits with */
};

/* Get ready, if the policy is on and the interpreter is known. */
void collector_init(struct collector *collector);

/*
 * An import begins. Returns true if collections wait from now on for collector_resume(), which is
 * to be called when this import ends; false if nothing is to be done.
 */
bool collector_defer(struct collector *collector);
void collector_resume(struct collector *collector);

#endif
