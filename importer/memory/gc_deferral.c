/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memory/gc_deferral.h"

#include "importer/memory/gc_looks.h"
#include "importer/session.h"

/*
 * Allocations of objects that the collector watches, whether they are freed again or not. The
 * largest of the programs that we measure make half of that in all their imports.
 */
enum { GRANTED = 500000 };

static void after_fork_in_child(void)
{
	gc_deferral_forked(&importer.gc_deferral);
}

/* A program sees no handler that it has not set by os.register_at_fork(). */
static bool notice_forks(void)
{
	static bool is_noticed;

	if (!is_noticed)
		is_noticed = pthread_atfork(NULL, NULL, after_fork_in_child) == 0;
	return is_noticed;
}

void gc_deferral_init(struct gc_deferral *deferral)
{
	internals_gc *gc;

	if (!policy_is_on(PYB_POLICY_DEFER_GC) ||
	    PyInterpreterState_Get() != PyInterpreterState_Main())
		return;
	gc = internals_find_gc();
	if (gc == NULL || !notice_forks() || !gc_looks_init(&importer.gc_looks))
		return;
	deferral->state = gc;
	deferral->interpreter = PyInterpreterState_Get();
	deferral->granted = GRANTED;
}

/* A program that watches the collector, or does without it, gets what it would have got. */
static bool is_ordinary(const internals_gc *gc)
{
	return gc->enabled && gc->debug == 0 && !gc->collecting && gc->generations[0].count >= 0 &&
	       (gc->callbacks == NULL || PyList_GET_SIZE(gc->callbacks) == 0);
}

bool gc_deferral_begin(struct gc_deferral *deferral)
{
	internals_gc *const gc = deferral->state;

	if (gc == NULL || deferral->is_deferred || deferral->granted == 0 ||
	    importer.phase == PHASE_REFUSED || PyInterpreterState_Get() != deferral->interpreter ||
	    !is_ordinary(gc))
		return false;
	deferral->count = gc->generations[0].count;
	deferral->thread = pthread_self();
	deferral->looked = 0;
	deferral->is_deferred = true;
	gc->generations[0].count = deferral->count - deferral->granted;
	return true;
}

int gc_deferral_allocated(const struct gc_deferral *deferral)
{
	const internals_gc *const gc = deferral->state;

	return gc->generations[0].count + deferral->granted - deferral->count;
}

/* The collector counts as if it had not been told to wait. False if it has not waited to the end. */
static bool stop_waiting(struct gc_deferral *deferral)
{
	internals_gc *const gc = deferral->state;
	const int allocated = gc_deferral_allocated(deferral);

	deferral->is_deferred = false;
	if (gc->generations[0].count >= 0) {
		/* There was a collection, by itself or because the program asked for one. */
		deferral->granted /= 2;
		return false;
	}
	gc->generations[0].count = deferral->count + allocated;
	return true;
}

/* What is young is looked at again with the middle generation. */
static void promote(internals_gc *gc)
{
	internals_gc_merge(&gc->generations[0].head, &gc->generations[1].head);
	gc->generations[0].count = gc->generations[1].count = 0;
}

void gc_deferral_end(struct gc_deferral *deferral)
{
	internals_gc *const gc = deferral->state;
	const int allocated = gc_deferral_allocated(deferral);

	if (!stop_waiting(deferral) || !is_ordinary(gc))
		return;
	deferral->granted = allocated < deferral->granted ? deferral->granted - allocated : 0;
	promote(gc);
	deferral->has_left = true;
	deferral->collections = internals_gc_collections(gc);
	importer.stats.deferrals++;
}

void gc_deferral_forked(struct gc_deferral *deferral)
{
	if (deferral->is_deferred && !pthread_equal(deferral->thread, pthread_self()))
		(void)stop_waiting(deferral);
}
