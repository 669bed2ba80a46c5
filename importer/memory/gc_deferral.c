/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memory/gc_deferral.h"

#include "importer/session.h"

/*
 * Allocations of objects that the collector watches, whether they are freed again or not. The
 * largest of the programs that we measure make half of that in all their imports.
 */
enum { GRANTED = 500000 };

/* --- gc.get_count(): the number is below zero while collections wait */

static PyObject *get_count(PyObject *module, PyObject *unused)
{
	const struct collector *const collector = &importer.collector;
	const internals_gc *const gc = collector->state;

	if (collector->is_deferred && gc->generations[0].count < 0 &&
	    PyInterpreterState_Get() == collector->interpreter)
		return Py_BuildValue("(iii)", gc->generations[0].count + collector->granted,
				     gc->generations[1].count, gc->generations[2].count);
	return collector->stock_get_count(module, unused);
}

/* --- imports */

void collector_init(struct collector *collector)
{
	internals_gc *gc;

	if (!policy_is_on(PYB_POLICY_DEFER_GC) || PyInterpreterState_Get() != PyInterpreterState_Main())
		return;
	gc = internals_find_gc();
	if (gc == NULL || !internals_replace(internals_builtin_methods("gc"), "get_count",
					     METH_NOARGS, get_count, &collector->stock_get_count))
		return;
	collector->state = gc;
	collector->interpreter = PyInterpreterState_Get();
	collector->granted = GRANTED;
}

/* A program that watches the collector, or does without it, gets what it would have got. */
static bool is_ordinary(const internals_gc *gc)
{
	return gc->enabled && gc->debug == 0 && !gc->collecting && gc->generations[0].count >= 0 &&
	       (gc->callbacks == NULL || PyList_GET_SIZE(gc->callbacks) == 0);
}

bool collector_defer(struct collector *collector)
{
	internals_gc *const gc = collector->state;

	if (gc == NULL || collector->is_deferred || collector->granted == 0 ||
	    importer.phase == PHASE_REFUSED || PyInterpreterState_Get() != collector->interpreter ||
	    !is_ordinary(gc))
		return false;
	collector->count = gc->generations[0].count;
	collector->is_deferred = true;
	gc->generations[0].count = collector->count - collector->granted;
	return true;
}

/* What is young becomes old. How much of it there is decides when the old ones are looked at. */
static void promote(internals_gc *gc, int allocated)
{
	internals_gc_merge(&gc->generations[0].head, &gc->generations[1].head);
	internals_gc_merge(&gc->generations[1].head, &gc->generations[2].head);
	gc->generations[0].count = gc->generations[1].count = 0;
	gc->long_lived_pending += allocated;
}

void collector_resume(struct collector *collector)
{
	internals_gc *const gc = collector->state;
	const int count = gc->generations[0].count;
	const int allocated = count + collector->granted - collector->count;

	collector->is_deferred = false;
	if (count >= 0) {
		/* There was a collection, by itself or because the program asked for one. */
		collector->granted /= 2;
		return;
	}
	gc->generations[0].count = collector->count + allocated;
	if (!is_ordinary(gc))
		return;
	collector->granted = allocated < collector->granted ? collector->granted - allocated : 0;
	promote(gc, allocated);
	importer.stats.deferrals++;
}
