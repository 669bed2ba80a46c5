/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memory/gc_looks.h"

#include <string.h>

#include "importer/memory/gc_deferral.h"
#include "importer/session.h"

/* How functions of the module gc are called that get their arguments in an array. */
typedef PyObject *(*gc_looks_fastcall)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

/* The functions that ours stand in front of. */
static struct {
	PyCFunction get_count, freeze, get_referrers, set_debug, subclasses;
	gc_looks_fastcall get_objects;
	gc_looks_fastcall collect;
	bool is_looking; /* a collection is being made for somebody */
} looks;

/* Whether the caller is of the interpreter whose collector waits. */
static bool is_watched(void)
{
	return gc_deferral.state != NULL && PyInterpreterState_Get() == gc_deferral.interpreter;
}

/* --- the collection that waits */

/*
 * Whether stock Python may have collected something by now that is still there. In the middle of an
 * import it has not done so again before a number of allocations.
 */
static bool is_due(const struct gc_deferral *deferral, const internals_gc *gc)
{
	if (looks.is_looking || gc->collecting || gc->debug != 0 ||
	    (gc->callbacks != NULL && PyList_GET_SIZE(gc->callbacks) > 0))
		return false;
	if (deferral->is_deferred)
		return gc->enabled && gc->generations[0].count < 0 &&
		       internals_gc_is_reached(gc, gc_deferral_allocated() - deferral->looked);
	return deferral->has_left && internals_gc_collections(gc) == deferral->collections;
}

/* gc.collect(1): the youngest generation and the middle one; what remains is old then. */
static void collect_young(void)
{
	PyObject *const generation = PyLong_FromLong(1);
	PyObject *const result =
		generation == NULL ? NULL : looks.collect(NULL, &generation, 1, NULL);

	PyErr_Clear();
	Py_XDECREF(result);
	Py_XDECREF(generation);
}

/*
 * All numbers that a program can ask for are what they were. But if the import, in another thread, has
 * ended meanwhile, the collector does not wait for it any longer.
 */
static void restore_numbers(internals_gc *gc, const internals_gc *before, bool has_ended)
{
	for (int i = 0; i < NUM_GENERATIONS; i++) {
		if (i > 0 || !has_ended)
			gc->generations[i].count = before->generations[i].count;
		gc->generation_stats[i] = before->generation_stats[i];
	}
}

/*
 * Collect what imports have left. Objects that the program has made since, outside of imports, are
 * put aside: they are collected when their time comes.
 */
static void collect_left(struct gc_deferral *deferral, internals_gc *gc)
{
	const internals_gc before = *gc;
	const bool was_deferred = deferral->is_deferred;
	const struct compat_exception raised = compat_take_exception();
	PyGC_Head aside;

	aside._gc_next = aside._gc_prev = (uintptr_t)&aside;
	if (!was_deferred)
		internals_gc_merge(&gc->generations[0].head, &aside);
	looks.is_looking = true;
	collect_young();
	looks.is_looking = false;
	internals_gc_merge(&gc->generations[0].head, &aside);
	internals_gc_merge(&aside, &gc->generations[0].head);
	restore_numbers(gc, &before, was_deferred && !deferral->is_deferred);
	if (deferral->is_deferred)
		deferral->looked = gc_deferral_allocated();
	deferral->has_left = false;
	compat_restore_exception(raised);
}

/* Somebody is about to look. */
static void catch_up(void)
{
	struct gc_deferral *const deferral = &gc_deferral;

	if (is_watched() && is_due(deferral, deferral->state))
		collect_left(deferral, deferral->state);
}

/* --- type.__subclasses__() */

/* The names in a module or a class; borrowed, or NULL. */
static PyObject *names_in(PyObject *object)
{
	if (PyModule_Check(object))
		return PyModule_GetDict(object);
	return PyType_Check(object) ? ((PyTypeObject *)object)->tp_dict : NULL;
}

/* What the name leads to, which has a dot for each step; borrowed, or NULL without an exception. */
static PyObject *follow(PyObject *object, const char *name)
{
	while (object != NULL && name != NULL) {
		const char *const dot = strchr(name, '.');
		PyObject *const names = names_in(object);
		PyObject *const step = dot == NULL ? PyUnicode_FromString(name)
						   : PyUnicode_FromStringAndSize(name, dot - name);

		object =
			names == NULL || step == NULL ? NULL : PyDict_GetItemWithError(names, step);
		Py_XDECREF(step);
		name = dot == NULL ? NULL : dot + 1;
	}
	PyErr_Clear();
	return object;
}

/* Whether the class can be reached by its name, and so is no garbage. */
static bool is_found_by_name(PyObject *object)
{
	const PyTypeObject *const type = (PyTypeObject *)object;

	if (!PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE))
		return true;
	PyObject *const module = compat_dict_find(type->tp_dict, "__module__");
	PyObject *const name = ((PyHeapTypeObject *)object)->ht_qualname;
	const char *const text = name == NULL ? NULL : PyUnicode_AsUTF8(name);

	PyErr_Clear();
	return module != NULL && PyUnicode_Check(module) && text != NULL &&
	       follow(PyDict_GetItemWithError(PyImport_GetModuleDict(), module), text) == object;
}

static bool are_found_by_name(PyObject *list)
{
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
		if (!is_found_by_name(PyList_GET_ITEM(list, i)))
			return false;
	return true;
}

/*
 * isinstance() and issubclass() with an abstract class look at its subclasses again and again. Those
 * that nobody refers to decide about nothing: a class whose bases they are would refer to them.
 */
static bool is_asked_by_abc(void)
{
	PyFrameObject *const frame = PyEval_GetFrame();
	PyCodeObject *const code = frame == NULL ? NULL : PyFrame_GetCode(frame);
	const bool is_abc = code != NULL && PyUnicode_CompareWithASCIIString(code->co_filename,
									     "<frozen abc>") == 0;

	Py_XDECREF(code);
	return is_abc;
}

static PyObject *subclasses(PyObject *type, PyObject *unused)
{
	PyObject *const list = looks.subclasses(type, unused);

	if (list == NULL || !is_watched() || !is_due(&gc_deferral, gc_deferral.state) ||
	    are_found_by_name(list) || is_asked_by_abc())
		return list;
	Py_DECREF(list);
	catch_up();
	return looks.subclasses(type, unused);
}

/* --- functions of the module gc */

/* The number is below zero while collections wait. */
static PyObject *get_count(PyObject *module, PyObject *unused)
{
	const struct gc_deferral *const deferral = &gc_deferral;

	if (!is_watched())
		return looks.get_count(module, unused);
	const internals_gc *const gc = deferral->state;
	if (!deferral->is_deferred || gc->generations[0].count >= 0)
		return looks.get_count(module, unused);
	return Py_BuildValue("(iii)", gc->generations[0].count + deferral->granted,
			     gc->generations[1].count, gc->generations[2].count);
}

static PyObject *get_objects(PyObject *module, PyObject *const *args, Py_ssize_t count,
			     PyObject *keywords)
{
	catch_up();
	return looks.get_objects(module, args, count, keywords);
}

/* It tells how many it has found, of which imports have left none under stock. */
static PyObject *collect(PyObject *module, PyObject *const *args, Py_ssize_t count,
			 PyObject *keywords)
{
	catch_up();
	return looks.collect(module, args, count, keywords);
}

#if COMPAT_REFERRERS_IN_ARRAY
typedef PyObject *(*get_referrers_function)(PyObject *, PyObject *const *, Py_ssize_t);
enum { GET_REFERRERS_FLAGS = METH_FASTCALL };

static PyObject *get_referrers(PyObject *module, PyObject *const *objects, Py_ssize_t count)
{
	const get_referrers_function stock =
		(get_referrers_function)(void (*)(void))looks.get_referrers;

	catch_up();
	return stock(module, objects, count);
}
#else
enum { GET_REFERRERS_FLAGS = METH_VARARGS };

static PyObject *get_referrers(PyObject *module, PyObject *objects)
{
	catch_up();
	return looks.get_referrers(module, objects);
}
#endif

/* What is frozen is never collected any more. */
static PyObject *freeze(PyObject *module, PyObject *unused)
{
	catch_up();
	return looks.freeze(module, unused);
}

/* The collector may be about to keep and to print what it finds. */
static PyObject *set_debug(PyObject *module, PyObject *flags)
{
	catch_up();
	return looks.set_debug(module, flags);
}

/* --- beginning */

static bool stand_in_front(PyMethodDef *gc)
{
	const int fast = METH_FASTCALL | METH_KEYWORDS;
	PyCFunction stock_collect, stock_get_objects;

	if (!internals_replace(gc, "collect", fast, (PyCFunction)(void (*)(void))collect,
			       &stock_collect) ||
	    !internals_replace(gc, "get_objects", fast, (PyCFunction)(void (*)(void))get_objects,
			       &stock_get_objects))
		return false;
	looks.collect = (gc_looks_fastcall)(void (*)(void))stock_collect;
	looks.get_objects = (gc_looks_fastcall)(void (*)(void))stock_get_objects;
	return internals_replace(gc, "get_count", METH_NOARGS, get_count, &looks.get_count) &&
	       internals_replace(gc, "get_referrers", GET_REFERRERS_FLAGS,
				 (PyCFunction)(void (*)(void))get_referrers,
				 &looks.get_referrers) &&
	       internals_replace(gc, "freeze", METH_NOARGS, freeze, &looks.freeze) &&
	       internals_replace(gc, "set_debug", METH_O, set_debug, &looks.set_debug);
}

bool gc_looks_init(void)
{
	return stand_in_front(internals_builtin_methods("gc")) &&
	       internals_replace(PyType_Type.tp_methods, "__subclasses__", METH_NOARGS, subclasses,
				 &looks.subclasses);
}
