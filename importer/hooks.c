/* SPDX-License-Identifier: MIT */
#include "importer/hooks.h"

#include "importer/code.h"
#include "importer/fit.h"
#include "importer/load.h"
#include "importer/message.h"
#include "importer/resolve.h"
#include "importer/spec.h"
#include "importer/state.h"

/* --- SourceLoader.get_code(self, fullname) */

/* Whether the loader is importlib's own for a module of the bundle. Sets no exception. */
static bool is_bundled_loader(PyObject *loader, PyObject *name, struct pyb_module_view *view)
{
	PyObject *path, *text;
	bool same;

	if (!Py_IS_TYPE(loader, importer.importlib.source_loader) || !PyUnicode_CheckExact(name) ||
	    !importlib_is_pristine(&importer.importlib) || !load_find(name, view) ||
	    view->record->kind != PYB_MODULE_SOURCE)
		return false;
	path = PyObject_GetAttr(loader, importer.names.path);
	text = path == NULL || !PyUnicode_Check(path) ? NULL : PyUnicode_EncodeFSDefault(path);
	same = text != NULL && strcmp(PyBytes_AS_STRING(text), view->origin.text) == 0;
	Py_XDECREF(path);
	Py_XDECREF(text);
	/* get_code() checks the name that it is given against the loader's own. */
	path = same ? PyObject_GetAttr(loader, importer.names.name) : NULL;
	same = path != NULL && PyUnicode_Check(path) && PyUnicode_Compare(path, name) == 0;
	Py_XDECREF(path);
	PyErr_Clear();
	return same;
}

static PyObject *get_code(PyObject *self, PyObject *const *args, Py_ssize_t count,
			  PyObject *keywords)
{
	struct pyb_module_view view;

	(void)self;
	if (importer.phase == PHASE_READY && count == 2 && keywords == NULL &&
	    is_bundled_loader(args[0], args[1], &view) && resolve_is_fresh(&view)) {
		PyObject *const code = code_take(&view);
		if (code != NULL)
			importer.stats.codes++;
		if (code != NULL || PyErr_Occurred())
			return code;
	}
	return PyObject_Vectorcall(importer.importlib.get_code, args, (size_t)count, keywords);
}

static PyMethodDef get_code_method = {"get_code", (PyCFunction)(void (*)(void))get_code,
				      METH_FASTCALL | METH_KEYWORDS, NULL};

/* --- PathFinder._get_spec(cls, fullname, path, target=None) */

static PyObject *find_bundled_spec(PyObject *name, PyObject *path)
{
	struct pyb_module_view view;
	enum fallthrough reason = FALLTHROUGH_NOT_BUNDLED;
	enum verdict verdict = VERDICT_LEAVE;

	if (load_find(name, &view)) {
		reason = FALLTHROUGH_FOREIGN_FINDER;
		if (importlib_is_pristine(&importer.importlib))
			verdict = resolve_module(&view, path, &reason);
	}
	switch (verdict) {
	case VERDICT_SERVE:
		importer.stats.specs++;
		return spec_new(&view, name, false);
	case VERDICT_ABSENT:
		importer.stats.absent++;
		return spec_new_absent(name);
	case VERDICT_LEAVE:
		load_count_fallthrough(reason);
		return NULL;
	case VERDICT_ERROR:
		return NULL;
	}
	return NULL;
}

static PyObject *get_spec(PyObject *self, PyObject *const *args, Py_ssize_t count,
			  PyObject *keywords)
{
	(void)self;
	if (importer.phase == PHASE_READY && keywords == NULL && count >= 3 &&
	    args[0] == importer.importlib.path_finder && PyUnicode_CheckExact(args[1])) {
		PyObject *const spec = find_bundled_spec(args[1], args[2]);
		if (spec != NULL || PyErr_Occurred())
			return spec;
	}
	return PyObject_Vectorcall(importer.importlib.get_spec, args, (size_t)count, keywords);
}

static PyMethodDef get_spec_method = {"_get_spec", (PyCFunction)(void (*)(void))get_spec,
				      METH_FASTCALL | METH_KEYWORDS, NULL};

/* --- the second step: importlib is complete */

/* Set an attribute of a class of _frozen_importlib_external to a wrapped C function. */
static int replace(PyObject *class, PyMethodDef *method, PyObject *(*wrap)(PyObject *))
{
	PyObject *const module = PyUnicode_FromString("_frozen_importlib_external");
	PyObject *const function = module == NULL ? NULL : PyCFunction_NewEx(method, NULL, module);
	PyObject *const wrapped = function == NULL ? NULL : wrap(function);
	const int result =
		wrapped == NULL ? -1 : PyObject_SetAttrString(class, method->ml_name, wrapped);

	Py_XDECREF(module);
	Py_XDECREF(function);
	Py_XDECREF(wrapped);
	return result;
}

/* SourceFileLoader inherits get_code from SourceLoader, which has it in its own dict. */
static PyObject *defining_class(PyTypeObject *type, const char *attribute)
{
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); i++) {
		PyObject *const class = PyTuple_GET_ITEM(type->tp_mro, i);
		if (PyDict_GetItemString(((PyTypeObject *)class)->tp_dict, attribute) != NULL)
			return class;
	}
	return NULL;
}

static int replace_methods(struct importlib *importlib)
{
	PyObject *const source_loader = defining_class(importlib->source_loader, "get_code");

	if (source_loader == NULL) {
		PyErr_SetString(PyExc_ImportError, "importlib's source loader has no get_code");
		return -1;
	}
	return replace(importlib->path_finder, &get_spec_method, PyClassMethod_New) != 0 ||
			       replace(source_loader, &get_code_method, PyInstanceMethod_New) != 0
		       ? -1
		       : 0;
}

static void refuse(const char *reason)
{
	PyErr_Clear();
	importer.phase = PHASE_REFUSED;
	message_refusal("%s: %s; starting without it", importer.bundle.path, reason);
}

/* Called with each import until importlib is complete, which it is before the first file is read. */
static void complete(void)
{
	const char *reason = NULL;
	const int there = importlib_init_external(&importer.importlib);

	if (there == 0)
		return;
	if (there < 0) {
		refuse("importlib is not as expected");
		return;
	}
	if (!fit_settings(importer.bundle.reader.header, &importer.importlib, &reason)) {
		refuse(reason);
		return;
	}
	if (replace_methods(&importer.importlib) != 0) {
		refuse("importlib is not as expected");
		return;
	}
	importlib_watch(&importer.importlib);
	importer.phase = PHASE_READY;
}

/* --- _frozen_importlib._find_and_load(name, import_) */

static bool is_to_be_served(PyObject *const *args, Py_ssize_t count, PyObject *keywords,
			    struct pyb_module_view *view)
{
	if (importer.phase == PHASE_HOOKED)
		complete();
	if (importer.phase != PHASE_READY || count != 2 || keywords != NULL ||
	    !PyUnicode_CheckExact(args[0]))
		return false;
	PyObject *const modules = PyImport_GetModuleDict();
	/* A program can put another dictionary into sys.modules; importlib heeds only that one. */
	if (importlib_sys(&importer.importlib, importer.names.modules) != modules)
		return false;
	if (PyDict_Contains(modules, args[0]) != 0) {
		PyErr_Clear();
		return false;
	}
	if (load_find(args[0], view))
		return true;
	load_count_fallthrough(FALLTHROUGH_NOT_BUNDLED);
	return false;
}

static PyObject *find_and_load(PyObject *self, PyObject *const *args, Py_ssize_t count,
			       PyObject *keywords)
{
	struct pyb_module_view view;

	(void)self;
	if (is_to_be_served(args, count, keywords, &view))
		return load_module(&view, args[0], args[1]);
	return PyObject_Vectorcall(importer.importlib.find_and_load, args, (size_t)count, keywords);
}

static PyMethodDef find_and_load_method = {"_find_and_load",
					   (PyCFunction)(void (*)(void))find_and_load,
					   METH_FASTCALL | METH_KEYWORDS, NULL};

int hooks_install(void)
{
	PyObject *module_name = NULL, *function = NULL, *bootstrap = NULL;
	int result = -1;

	if (names_init(&importer.names) != 0 || importlib_init_early(&importer.importlib) != 0)
		return -1;
	bootstrap = PyImport_AddModule("_frozen_importlib"); /* borrowed */
	module_name = PyUnicode_FromString("_frozen_importlib");
	if (bootstrap != NULL && module_name != NULL)
		function = PyCFunction_NewEx(&find_and_load_method, NULL, module_name);
	if (function != NULL)
		result = PyObject_SetAttrString(bootstrap, "_find_and_load", function);
	if (result == 0)
		importer.phase = PHASE_HOOKED;
	Py_XDECREF(function);
	Py_XDECREF(module_name);
	return result;
}
