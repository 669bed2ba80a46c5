/* SPDX-License-Identifier: MIT */
#include "importer/find/spec.h"

#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/session.h"

static bool is_package(const struct pyb_module_view *view)
{
	return (view->record->flags & PYB_MODULE_FLAG_PACKAGE) != 0;
}

/* Set an attribute and let go of the value, which may be NULL after a failure. */
static int set_and_release(PyObject *object, PyObject *name, PyObject *value)
{
	const int result = value == NULL ? -1 : PyObject_SetAttr(object, name, value);
	Py_XDECREF(value);
	return result;
}

static PyObject *decode(const struct pyb_string *string)
{
	return PyUnicode_DecodeFSDefaultAndSize(string->text, (Py_ssize_t)string->size);
}

/* As object.__new__() does it: then the attributes take the little room that they do under stock. */
static PyObject *new_instance(PyTypeObject *type)
{
	return type->tp_new(type, identifiers.nothing, NULL);
}

static PyObject *new_loader(const struct pyb_module_view *view, PyObject *name, PyObject *origin)
{
	const struct importlib *const importlib = &stock_importlib;
	PyObject *loader = new_instance(view->record->kind == PYB_MODULE_EXTENSION
						? importlib->extension_loader
						: importlib->source_loader);

	if (loader != NULL && (PyObject_SetAttr(loader, identifiers.name, name) != 0 ||
			       PyObject_SetAttr(loader, identifiers.path, origin) != 0))
		Py_CLEAR(loader);
	return loader;
}

/* [folder] for a package, None for another module. */
static PyObject *new_locations(const struct pyb_module_view *view)
{
	const struct pyb_directory *record;
	struct pyb_string path;

	if (!is_package(view))
		return Py_NewRef(Py_None);
	if (pyb_reader_directory(&used_bundle.reader, view->record->package_directory, &record,
				 &path, NULL) != PYB_OK) {
		PyErr_SetString(PyExc_ImportError, "the bundle is damaged");
		return NULL;
	}
	PyObject *const text = decode(&path);
	PyObject *const list = text == NULL ? NULL : PyList_New(1);
	if (list == NULL)
		Py_XDECREF(text);
	else
		PyList_SET_ITEM(list, 0, text);
	return list;
}

static PyObject *new_cached(const struct pyb_module_view *view, bool for_module)
{
	if (!COMPAT_SETS_DUNDER_CACHED || !for_module || view->cached.size == 0)
		return Py_NewRef(Py_None);
	return decode(&view->cached);
}

/* What ModuleSpec.__init__ and spec_from_file_location() set, in their order. */
static int fill_spec(PyObject *spec, const struct pyb_module_view *view, PyObject *name,
		     PyObject *loader, PyObject *origin, bool for_module)
{

	if (PyObject_SetAttr(spec, identifiers.name, name) != 0 ||
	    PyObject_SetAttr(spec, identifiers.loader, loader) != 0 ||
	    PyObject_SetAttr(spec, identifiers.origin, origin) != 0 ||
	    PyObject_SetAttr(spec, identifiers.loader_state, Py_None) != 0 ||
	    set_and_release(spec, identifiers.submodule_search_locations, new_locations(view)) !=
		    0 ||
	    set_and_release(spec, identifiers.uninitialized_submodules, PyList_New(0)) != 0 ||
	    PyObject_SetAttr(spec, identifiers.set_fileattr, Py_True) != 0)
		return -1;
	return set_and_release(spec, identifiers.cached, new_cached(view, for_module));
}

/* For a ModuleSpec that has other attributes than the ones known: let importlib make it. */
static PyObject *spec_by_importlib(const struct pyb_module_view *view, PyObject *name,
				   PyObject *loader, PyObject *origin)
{
	PyObject *const locations = new_locations(view);
	PyObject *const keywords = locations == NULL
					   ? NULL
					   : Py_BuildValue("{sOsN}", "loader", loader,
							   "submodule_search_locations", locations);
	PyObject *const arguments = keywords == NULL ? NULL : PyTuple_Pack(2, name, origin);
	PyObject *const spec = arguments == NULL
				       ? NULL
				       : PyObject_Call(stock_importlib.spec_from_file_location,
						       arguments, keywords);

	Py_XDECREF(keywords);
	Py_XDECREF(arguments);
	return spec;
}

static PyObject *spec_by_hand(const struct pyb_module_view *view, PyObject *name, PyObject *loader,
			      PyObject *origin, bool for_module)
{
	PyObject *spec = new_instance(stock_importlib.module_spec);

	if (spec != NULL && fill_spec(spec, view, name, loader, origin, for_module) != 0)
		Py_CLEAR(spec);
	return spec;
}

PyObject *spec_new(const struct pyb_module_view *view, PyObject *name, bool for_module)
{
	PyObject *const origin = decode(&view->origin);
	PyObject *const loader = origin == NULL ? NULL : new_loader(view, name, origin);
	PyObject *spec = NULL;

	if (loader != NULL)
		spec = stock_importlib.plain_spec
			       ? spec_by_hand(view, name, loader, origin, for_module)
			       : spec_by_importlib(view, name, loader, origin);
	Py_XDECREF(loader);
	Py_XDECREF(origin);
	return spec;
}

PyObject *spec_new_absent(PyObject *name)
{
	PyObject *spec = PyObject_CallFunctionObjArgs((PyObject *)stock_importlib.module_spec, name,
						      Py_None, NULL);

	if (spec != NULL &&
	    set_and_release(spec, identifiers.submodule_search_locations, PyList_New(0)) != 0)
		Py_CLEAR(spec);
	return spec;
}

/* spec.parent: the package itself, or what is before the last dot. */
static PyObject *new_parent(const struct pyb_module_view *view, PyObject *name)
{
	const char *const dot = memrchr(view->name.text, '.', view->name.size);

	if (is_package(view))
		return Py_NewRef(name);
	if (dot == NULL)
		return Py_NewRef(identifiers.empty);
	return PyUnicode_FromStringAndSize(view->name.text, dot - view->name.text);
}

static int copy_attribute(PyObject *dict, PyObject *key, PyObject *spec, PyObject *name)
{
	PyObject *const value = PyObject_GetAttr(spec, name);
	const int result = value == NULL ? -1 : PyDict_SetItem(dict, key, value);

	Py_XDECREF(value);
	return result;
}

static int set_item_and_release(PyObject *dict, PyObject *key, PyObject *value)
{
	const int result = value == NULL ? -1 : PyDict_SetItem(dict, key, value);
	Py_XDECREF(value);
	return result;
}

static int fill_module(PyObject *dict, const struct pyb_module_view *view, PyObject *name,
		       PyObject *spec)
{

	if (copy_attribute(dict, identifiers.dunder_loader, spec, identifiers.loader) != 0 ||
	    set_item_and_release(dict, identifiers.dunder_package, new_parent(view, name)) != 0 ||
	    PyDict_SetItem(dict, identifiers.dunder_spec, spec) != 0)
		return -1;
	if (is_package(view) && copy_attribute(dict, identifiers.dunder_path, spec,
					       identifiers.submodule_search_locations) != 0)
		return -1;
	if (copy_attribute(dict, identifiers.dunder_file, spec, identifiers.origin) != 0)
		return -1;
	if (COMPAT_SETS_DUNDER_CACHED && view->cached.size > 0)
		return copy_attribute(dict, identifiers.dunder_cached, spec, identifiers.cached);
	return 0;
}

PyObject *spec_new_module(const struct pyb_module_view *view, PyObject *name, PyObject *spec)
{
	PyObject *module = PyModule_NewObject(name);

	if (module != NULL && fill_module(PyModule_GetDict(module), view, name, spec) != 0)
		Py_CLEAR(module);
	return module;
}

bool spec_is_origin(const struct pyb_module_view *view, PyObject *path)
{
	if (!PyUnicode_Check(path))
		return false;
	if (PyUnicode_IS_ASCII(path))
		return PyUnicode_CompareWithASCIIString(path, view->origin.text) == 0;
	PyObject *const text = PyUnicode_EncodeFSDefault(path);
	const bool same = text != NULL && strcmp(PyBytes_AS_STRING(text), view->origin.text) == 0;
	Py_XDECREF(text);
	PyErr_Clear();
	return same;
}
