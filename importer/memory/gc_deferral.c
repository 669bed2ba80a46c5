/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memory/gc_deferral.h"

#include "importer/memory/gc_looks.h"
#include "importer/message.h"
#include "importer/policy.h"
#include "importer/session.h"

/*
 * Allocations of objects that the collector watches, whether they are freed again or not. The
 * largest of the programs that we measure make half of that in all their imports.
 */
enum { GRANTED = 500000 };

struct gc_deferral gc_deferral;

void gc_deferral_init(void)
{
	internals_gc *gc;

	if (!policy_is_on(PYB_POLICY_DEFER_GC) ||
	    PyInterpreterState_Get() != PyInterpreterState_Main())
		return;
	gc = internals_find_gc();
	if (gc == NULL || !gc_looks_init()) {
		policy_switch_off(PYB_POLICY_DEFER_GC);
		message_verbose(
			"without deferral of garbage collection: the functions of module gc "
			"are not as expected");
		return;
	}
	gc_deferral.state = gc;
	gc_deferral.interpreter = PyInterpreterState_Get();
	gc_deferral.granted = GRANTED;
}

/* A program that watches the collector, or does without it, gets what it would have got. */
static bool is_ordinary(const internals_gc *gc)
{
	return gc->enabled && gc->generations[0].threshold != 0 && gc->debug == 0 &&
	       !gc->collecting && gc->generations[0].count >= 0 &&
	       (gc->callbacks == NULL || PyList_GET_SIZE(gc->callbacks) == 0);
}

bool gc_deferral_begin(void)
{
	internals_gc *const gc = gc_deferral.state;

	if (gc == NULL || gc_deferral.is_deferred || gc_deferral.granted == 0 ||
	    session.phase == PHASE_REFUSED || PyInterpreterState_Get() != gc_deferral.interpreter ||
	    !is_ordinary(gc))
		return false;
	gc_deferral.count = gc->generations[0].count;
	gc_deferral.thread = pthread_self();
	gc_deferral.looked = 0;
	gc_deferral.is_deferred = true;
	gc->generations[0].count = gc_deferral.count - gc_deferral.granted;
	return true;
}

int gc_deferral_allocated(void)
{
	const internals_gc *const gc = gc_deferral.state;

	return gc->generations[0].count + gc_deferral.granted - gc_deferral.count;
}

/* The collector counts as if it had not been told to wait. False if it has not waited to the end. */
static bool stop_waiting(void)
{
	internals_gc *const gc = gc_deferral.state;
	const int allocated = gc_deferral_allocated();

	gc_deferral.is_deferred = false;
	if (gc->generations[0].count >= 0) {
		/* There was a collection, by itself or because the program asked for one. */
		gc_deferral.granted /= 2;
		return false;
	}
	gc->generations[0].count = gc_deferral.count + allocated;
	return true;
}

/* What is young is looked at again with the middle generation. */
static void promote(internals_gc *gc)
{
	internals_gc_merge(&gc->generations[0].head, &gc->generations[1].head);
	gc->generations[0].count = gc->generations[1].count = 0;
}

void gc_deferral_end(void)
{
	internals_gc *const gc = gc_deferral.state;
	const int allocated = gc_deferral_allocated();

	if (!stop_waiting() || !is_ordinary(gc))
		return;
	gc_deferral.granted = allocated < gc_deferral.granted ? gc_deferral.granted - allocated : 0;
	session.stats.deferrals++;
	/* The collector has not missed anything: it counts on from there. */
	if (!internals_gc_is_reached(gc, gc->generations[0].count))
		return;
	promote(gc);
	gc_deferral.has_left = true;
	gc_deferral.collections = internals_gc_collections(gc);
}

void gc_deferral_forked(void)
{
	if (gc_deferral.is_deferred && !pthread_equal(gc_deferral.thread, pthread_self()))
		(void)stop_waiting();
}
