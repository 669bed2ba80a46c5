/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/generators.h"
#include "importer/exit/callbacks.h"
#include "importer/exit/finalizers.h"
#include "importer/exit/look.h"
#include "importer/exit/sockets.h"

#if COMPAT_KNOWN_FINALIZATION

/*
 * Instances of a class that the collector does not know are looked for only if there is a reason to;
 * that there can be such with a finalizer is enough.
 */
static enum observable look_at_type(struct look *look, PyTypeObject *type)
{
	if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && !types_is_collected(type) &&
	    (type->tp_finalize != NULL || type->tp_del != NULL ||
	     types_releases_by_method(&look->types, type)) &&
	    types_kind(&look->types, type) != KIND_PASSIVE)
		return look_tell(look, OBSERVABLE_FINALIZER, type->tp_name);
	return OBSERVABLE_NOTHING;
}

/* The characters of a name that is ASCII, for a message. */
static const char *ascii(PyObject *name)
{
	return PyUnicode_Check(name) && PyUnicode_IS_COMPACT_ASCII(name)
		       ? (const char *)PyUnicode_1BYTE_DATA(name)
		       : "";
}

static enum observable look_at_generator(const struct look *look, PyObject *object)
{
	if (generators_close_silently(object))
		return OBSERVABLE_NOTHING;
	return look_tell(look, OBSERVABLE_GENERATOR, ascii(((PyGenObject *)object)->gi_qualname));
}

static const char *name_of(PyObject *callback)
{
	if (PyFunction_Check(callback))
		return ascii(((PyFunctionObject *)callback)->func_qualname);
	if (PyCFunction_CheckExact(callback))
		return ((PyCFunctionObject *)callback)->m_ml->ml_name;
	return Py_TYPE(callback)->tp_name;
}

static enum observable look_at_reference(struct look *look, PyObject *object)
{
	const PyWeakReference *const reference = (PyWeakReference *)object;
	PyObject *const callback = reference->wr_callback;

	if (callback == NULL || reference->wr_object == Py_None ||
	    callbacks_only_remove(look, object))
		return OBSERVABLE_NOTHING;
	return look_tell(look, OBSERVABLE_CALLBACK, name_of(callback));
}

static enum observable look_at_file(struct look *look, PyObject *object)
{
	return streams_have(&look->streams, object) || streams_is_closed(&look->streams, object) ||
			       (!look->shows_warnings && streams_only_close(&look->streams, object))
		       ? OBSERVABLE_NOTHING
		       : look_tell(look, OBSERVABLE_FILE, Py_TYPE(object)->tp_name);
}

/* What finalizes it closes it by its name, which need not be its type's method. */
static enum observable look_at_memory_file(const struct look *look, PyObject *object)
{
	return streams_are_unchanged(object)
		       ? OBSERVABLE_NOTHING
		       : look_tell(look, OBSERVABLE_FILE, Py_TYPE(object)->tp_name);
}

static bool is_known(const struct look *look, void (*function)(void))
{
	return libraries_know(&look->libraries, (uintptr_t)function);
}

/* A module that is defined in C may want to do something when it is destroyed itself. */
static enum observable look_at_module(const struct look *look, PyObject *object)
{
	const PyModuleDef *const definition = PyModule_GetDef(object);

	if (definition == NULL || (is_known(look, (void (*)(void))definition->m_free) &&
				   is_known(look, (void (*)(void))definition->m_clear)))
		return OBSERVABLE_NOTHING;
	return look_tell(look, OBSERVABLE_EXTENSION, definition->m_name);
}

static enum observable look_at_capsule(const struct look *look, PyObject *object)
{
	const char *const name = PyCapsule_GetName(object);
	const PyCapsule_Destructor function = PyCapsule_GetDestructor(object);

	PyErr_Clear();
	if (is_known(look, (void (*)(void))function))
		return OBSERVABLE_NOTHING;
	return look_tell(look, OBSERVABLE_EXTENSION, name == NULL ? "PyCapsule" : name);
}

/* That its finalizer has nothing to do says nothing about its base class: a reference may have a callback. */
static enum observable look_beside_finalizer(struct look *look, PyObject *object)
{
	const enum kind kind = types_kind_beside_finalizer(&look->types, Py_TYPE(object));

	return kind == KIND_OPAQUE ? look_tell(look, OBSERVABLE_OPAQUE, Py_TYPE(object)->tp_name)
				   : look_at_object(look, object, kind);
}

enum observable look_at_object(struct look *look, PyObject *object, enum kind kind)
{
	switch (kind) {
	case KIND_TYPE:
		return look_at_type(look, (PyTypeObject *)object);
	case KIND_GENERATOR:
		return look_at_generator(look, object);
	case KIND_WEAKREF:
		return look_at_reference(look, object);
	case KIND_FILE:
		return look_at_file(look, object);
	case KIND_MEMORY_FILE:
		return look_at_memory_file(look, object);
	case KIND_MODULE:
		return look_at_module(look, object);
	case KIND_CAPSULE:
		return look_at_capsule(look, object);
	case KIND_PASSIVE:
		if (!look->shows_warnings && (!types_is_class(&look->types, Py_TYPE(object)) ||
					      sockets_are_unchanged(object)))
			return OBSERVABLE_NOTHING;
		/* fallthrough */
	case KIND_FINALIZER:
		if (finalizers_do_nothing(look, object))
			return look_beside_finalizer(look, object);
		return look_tell(look, OBSERVABLE_FINALIZER, Py_TYPE(object)->tp_name);
	case KIND_FOREIGN:
		return look_tell(look, OBSERVABLE_EXTENSION, Py_TYPE(object)->tp_name);
	default:
		return OBSERVABLE_NOTHING;
	}
}

#endif
