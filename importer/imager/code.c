/* SPDX-License-Identifier: MIT */
/* Laying out code and its constants: an object, and then what its slots point to. */
#include <string.h>

#include "importer/imager/lay_out.h"

/* What precedes an object that the collector may look at; all zero: it is not tracked. */
enum { GC_HEAD_SIZE = 2 * sizeof(void *) };

/* sizeof(_Py_CODEUNIT), a type that 3.13 hides. */
enum { CODE_UNIT_SIZE = 2 };

static int lay_out_object(struct builder *builder, PyObject *object, enum region region,
			  location *placed);
static int lay_out_single(struct builder *builder, PyObject *object, enum region region,
			  location *placed);
static int lay_out_new_constant(struct builder *builder, PyObject *object, enum region region,
				location *placed);

/* --- pointers */

/* The elements of a frozenset, as a tuple that no other one has. */
static int lay_out_elements(struct builder *builder, PyObject *elements, enum region region,
			    location *placed)
{
	PyObject *const tuple = PyList_AsTuple(elements);
	const int result =
		tuple == NULL ? -1 : lay_out_new_constant(builder, tuple, region, placed);

	Py_XDECREF(tuple);
	return result;
}

/*
 * A frozenset is not in the image but made at run time; its elements are. The stream refers to the
 * same list again where stock has the same frozenset again.
 */
static int point_to_frozenset(struct builder *builder, location at, PyObject *elements,
			      enum region region)
{
	PyObject *const key = PyLong_FromVoidPtr(elements);
	struct pointer frozenset = {.at = at};
	int result = -1;

	if (key == NULL)
		return -1;
	if (recall(builder->group.singles, key, &frozenset.to) == 0) {
		result = 0;
		if (frozenset.to == LOCATION_NONE) {
			result = lay_out_elements(builder, elements, region, &frozenset.to);
			if (result == 0)
				result = remember(builder->group.singles, key, frozenset.to);
		}
	}
	if (result == 0)
		result = append(&builder->group.frozensets, &frozenset, sizeof(frozenset));
	Py_DECREF(key);
	return result;
}

static int point_to_static(struct builder *builder, location at, PyObject *text)
{
	const struct pointer pointer = {.at = at,
					.to = (uintptr_t)text - builder->interpreter.shift};

	if (lay_out_static(builder, text) != 0 ||
	    append(&builder->group.static_slots, &pointer, sizeof(pointer)) != 0)
		return -1;
	return point_outside(builder, at, text);
}

static int point(struct builder *builder, location at, PyObject *object, enum region region)
{
	location placed;

	if (object == NULL)
		return 0;
	if (interpreter_has_static_string(&builder->interpreter, object))
		return point_to_static(builder, at, object);
	if (interpreter_holds(&builder->interpreter, object))
		return point_outside(builder, at, object);
	if (PyList_CheckExact(object))
		return point_to_frozenset(builder, at, object, region);
	if (lay_out_object(builder, object, region, &placed) != 0)
		return -1;
	return point_inside(builder, at, placed, PyUnicode_CheckExact(object));
}

struct field {
	size_t offset;
	PyObject *object;
	enum region region;
};

static int point_fields(struct builder *builder, location at, const struct field *fields,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (point(builder, at + fields[i].offset, fields[i].object, fields[i].region) != 0)
			return -1;
	return 0;
}

/* --- tuples, slices and numbers */

static size_t tuple_size(PyObject *tuple)
{
	return offsetof(PyTupleObject, ob_item) +
	       (size_t)PyTuple_GET_SIZE(tuple) * sizeof(PyObject *);
}

/*
 * A slot that points to a string that the interpreter has interned itself is changed at each start. Those of its
 * in static memory need not be; where the others are is not known before.
 */
static int has_early_name(const struct builder *builder, PyObject *tuple)
{
	int result = 0;

	for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
		PyObject *const item = PyTuple_GET_ITEM(tuple, i);
		if (PyUnicode_CheckExact(item) && PyUnicode_CHECK_INTERNED(item) &&
		    !interpreter_holds(&builder->interpreter, item) &&
		    !interpreter_has_static_string(&builder->interpreter, item))
			result = PySet_Contains(builder->early, item);
	}
	return result;
}

static int lay_out_tuple(struct builder *builder, PyObject *tuple, enum region region,
			 location *placed)
{
	const int is_changed = has_early_name(builder, tuple);

	if (is_changed < 0)
		return -1;
	if (copy(builder, tuple, is_changed != 0 ? REGION_HOT : region, GC_HEAD_SIZE,
		 tuple_size(tuple), placed) != 0)
		return -1;
	memset((char *)bytes_at(builder, *placed) + offsetof(PyTupleObject, ob_item), 0,
	       (size_t)PyTuple_GET_SIZE(tuple) * sizeof(PyObject *));
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
		const location at =
			*placed + offsetof(PyTupleObject, ob_item) + (size_t)i * sizeof(PyObject *);
		if (point(builder, at, PyTuple_GET_ITEM(tuple, i), region) != 0)
			return -1;
	}
	return 0;
}

/* From 3.14 on they are constants. */
static int lay_out_slice(struct builder *builder, const PySliceObject *slice, enum region region,
			 location *placed)
{
	const struct field fields[] = {
		{offsetof(PySliceObject, start), slice->start, region},
		{offsetof(PySliceObject, stop), slice->stop, region},
		{offsetof(PySliceObject, step), slice->step, region},
	};

	if (copy(builder, (PyObject *)slice, region, GC_HEAD_SIZE, sizeof(*slice), placed) != 0)
		return -1;
	PySliceObject *const twin = bytes_at(builder, *placed);
	twin->start = twin->stop = twin->step = NULL;
	return point_fields(builder, *placed, fields, sizeof(fields) / sizeof(fields[0]));
}

/* Numbers and bytes hold no pointers; __sizeof__() gives their size in bytes. */
static int lay_out_plain(struct builder *builder, PyObject *object, enum region region,
			 location *placed)
{
	PyObject *const size = PyObject_CallMethod(object, "__sizeof__", NULL);
	const Py_ssize_t bytes = size == NULL ? -1 : PyLong_AsSsize_t(size);

	Py_XDECREF(size);
	if (bytes < 0 || copy(builder, object, region, 0, (size_t)bytes, placed) != 0)
		return -1;
	if (PyBytes_CheckExact(object))
		compat_reset_bytes(bytes_at(builder, *placed));
	return 0;
}

static bool is_plain(PyObject *object)
{
	return PyBytes_CheckExact(object) || PyLong_CheckExact(object) ||
	       PyFloat_CheckExact(object) || PyComplex_CheckExact(object);
}

/* Whether the same value elsewhere may be the same object: not so for code and for frozensets. */
static bool is_shareable(PyObject *object)
{
	if (PySlice_Check(object)) {
		const PySliceObject *const slice = (PySliceObject *)object;
		return is_shareable(slice->start) && is_shareable(slice->stop) &&
		       is_shareable(slice->step);
	}
	if (!PyTuple_CheckExact(object))
		return !PyCode_Check(object) && !PyList_CheckExact(object);
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++)
		if (!is_shareable(PyTuple_GET_ITEM(object, i)))
			return false;
	return true;
}

static int lay_out_new_constant(struct builder *builder, PyObject *object, enum region region,
				location *placed)
{
	if (PyTuple_CheckExact(object))
		return lay_out_tuple(builder, object, region, placed);
	if (PySlice_Check(object))
		return lay_out_slice(builder, (PySliceObject *)object, region, placed);
	if (is_plain(object))
		return lay_out_plain(builder, object, region, placed);
	PyErr_Format(PyExc_TypeError, "a constant of type %s", Py_TYPE(object)->tp_name);
	return -1;
}

static int lay_out_shared(struct builder *builder, PyObject *object, enum region region,
			  location *placed)
{
	PyObject *const key = key_of(builder, object);
	int result = -1;

	if (key == NULL)
		return -1;
	if (recall(builder->group.constants, key, placed) != 0 ||
	    (*placed == LOCATION_NONE && recall(builder->shared_constants, key, placed) != 0))
		goto out;
	result = *placed != LOCATION_NONE ? 0
					  : lay_out_new_constant(builder, object, region, placed);
	if (result == 0)
		result = remember(builder->group.constants, key, *placed);
out:
	Py_DECREF(key);
	return result;
}

/* --- code */

/* The bodies of modules and classes are executed once, when they are defined; functions later. */
static bool is_body(const PyCodeObject *code)
{
	return (code->co_flags & CO_OPTIMIZED) == 0;
}

/*
 * The constants of a function are laid out with what its module's body touches: making it looks for
 * its docstring there, calling it gives references to them, and a start calls functions all over a
 * bundle, which share constants. But the functions in it are not made before it is called.
 */
static int lay_out_nested_functions(struct builder *builder, const PyCodeObject *code)
{
	location placed;

	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
		PyObject *const constant = PyTuple_GET_ITEM(code->co_consts, i);
		if (PyCode_Check(constant) &&
		    lay_out_single(builder, constant, REGION_COLD, &placed) != 0)
			return -1;
	}
	return 0;
}

/* 0 is none, with which code runs too. */
static uint32_t next_version(struct builder *builder)
{
	const uint32_t count = COMPAT_IMAGE_VERSIONS_END - COMPAT_IMAGE_VERSIONS_START;

	return builder->code_count < count ? COMPAT_IMAGE_VERSIONS_START + builder->code_count++
					   : 0;
}

/* What executing the code only reads goes to `inside`, the other things it needs to `outside`. */
static int fill_code(struct builder *builder, location at, const PyCodeObject *code,
		     enum region outside, enum region inside)
{
	const struct field fields[] = {
		{offsetof(PyCodeObject, co_name), code->co_name, outside},
		{offsetof(PyCodeObject, co_qualname), code->co_qualname, outside},
		{offsetof(PyCodeObject, co_names), code->co_names, inside},
		{offsetof(PyCodeObject, co_exceptiontable), code->co_exceptiontable, inside},
		{offsetof(PyCodeObject, co_consts), code->co_consts, REGION_HOT},
		{offsetof(PyCodeObject, co_localsplusnames), code->co_localsplusnames, REGION_COLD},
		{offsetof(PyCodeObject, co_localspluskinds), code->co_localspluskinds, REGION_RARE},
		{offsetof(PyCodeObject, co_filename), code->co_filename, REGION_RARE},
		{offsetof(PyCodeObject, co_linetable), code->co_linetable, REGION_RARE},
	};
	PyCodeObject *const twin = bytes_at(builder, at);

	twin->co_name = twin->co_qualname = twin->co_names = twin->co_exceptiontable = NULL;
	twin->co_consts = twin->co_localsplusnames = twin->co_localspluskinds = NULL;
	twin->co_filename = twin->co_linetable = NULL;
	compat_reset_code(twin, next_version(builder));
	return point_fields(builder, at, fields, sizeof(fields) / sizeof(fields[0]));
}

static size_t code_size(const PyCodeObject *code)
{
	return offsetof(PyCodeObject, co_code_adaptive) + (size_t)Py_SIZE(code) * CODE_UNIT_SIZE;
}

static int lay_out_new_code(struct builder *builder, const PyCodeObject *code, enum region region,
			    location *placed)
{
	const bool runs = region == REGION_HOT && is_body(code);

	if (!runs && lay_out_nested_functions(builder, code) != 0)
		return -1;
	if (copy(builder, (PyObject *)code, region, 0, code_size(code), placed) != 0)
		return -1;
	return fill_code(builder, *placed, code, region, runs ? REGION_HOT : REGION_COLD);
}

/* --- all objects */

static int lay_out_new_single(struct builder *builder, PyObject *object, enum region region,
			      location *placed)
{
	if (PyCode_Check(object))
		return lay_out_new_code(builder, (PyCodeObject *)object, region, placed);
	return lay_out_new_constant(builder, object, region, placed);
}

/* What is one object under stock is one here: code, and tuples and slices that hold code or frozensets. */
static int lay_out_single(struct builder *builder, PyObject *object, enum region region,
			  location *placed)
{
	PyObject *const key = PyLong_FromVoidPtr(object);
	int result = -1;

	if (key == NULL)
		return -1;
	if (recall(builder->group.singles, key, placed) == 0) {
		result = 0;
		if (*placed == LOCATION_NONE) {
			result = lay_out_new_single(builder, object, region, placed);
			if (result == 0)
				result = remember(builder->group.singles, key, *placed);
		}
	}
	Py_DECREF(key);
	return result;
}

static int lay_out_object(struct builder *builder, PyObject *object, enum region region,
			  location *placed)
{
	if (PyUnicode_CheckExact(object))
		return lay_out_string(builder, object, region, placed);
	if (is_shareable(object))
		return lay_out_shared(builder, object, region, placed);
	return lay_out_single(builder, object, region, placed);
}

int lay_out_module(struct builder *builder, PyObject *code, uint32_t number)
{
	struct group *const group = &builder->group;
	const size_t before = group->frozensets.size;
	struct module module = {.number = number, .code_size = code_size((PyCodeObject *)code)};

	PyDict_Clear(group->numbers);
	if (lay_out_single(builder, code, REGION_HOT, &module.code) != 0)
		return -1;
	module.first_frozenset = (uint32_t)(before / sizeof(struct pointer));
	module.frozenset_count =
		(uint32_t)((group->frozensets.size - before) / sizeof(struct pointer));
	return append(&group->modules, &module, sizeof(module));
}

static int lay_out_interned_of_sequence(struct builder *builder, PyObject *sequence)
{
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++)
		if (lay_out_interned(builder, PySequence_Fast_GET_ITEM(sequence, i)) != 0)
			return -1;
	return 0;
}

static int lay_out_interned_of_slice(struct builder *builder, const PySliceObject *slice)
{
	return lay_out_interned(builder, slice->start) != 0 ||
			       lay_out_interned(builder, slice->stop) != 0
		       ? -1
		       : lay_out_interned(builder, slice->step);
}

static int lay_out_interned_of_code(struct builder *builder, const PyCodeObject *code)
{
	PyObject *const parts[] = {code->co_name,   code->co_qualname,        code->co_names,
				   code->co_consts, code->co_localsplusnames, code->co_filename};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (lay_out_interned(builder, parts[i]) != 0)
			return -1;
	return 0;
}

int lay_out_interned(struct builder *builder, PyObject *object)
{
	location placed;

	if (PyCode_Check(object))
		return lay_out_interned_of_code(builder, (PyCodeObject *)object);
	if (PySlice_Check(object))
		return lay_out_interned_of_slice(builder, (PySliceObject *)object);
	if (PyTuple_CheckExact(object) || PyList_CheckExact(object))
		return lay_out_interned_of_sequence(builder, object);
	if (!PyUnicode_CheckExact(object) || !PyUnicode_CHECK_INTERNED(object) ||
	    interpreter_holds(&builder->interpreter, object))
		return 0;
	if (interpreter_has_static_string(&builder->interpreter, object))
		return lay_out_static(builder, object);
	return lay_out_string(builder, object, REGION_HOT, &placed);
}
