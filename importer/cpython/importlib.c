/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/importlib.h"

#include <string.h>

#include "importer/cpython/hidden.h"
#include "importer/cpython/identifiers.h"

struct importlib stock_importlib;

static PyObject *frozen_module(const char *name)
{
	PyObject *const modules = PyImport_GetModuleDict();
	return modules == NULL ? NULL : compat_dict_find(modules, name);
}

static int fetch(PyObject *object, const char *name, PyObject **attribute)
{
	*attribute = PyObject_GetAttrString(object, name);
	return *attribute == NULL ? -1 : 0;
}

static int fetch_function(PyObject *object, const char *name, PyObject **function)
{
	if (fetch(object, name, function) != 0)
		return -1;
	if (PyFunction_Check(*function))
		return 0;
	PyErr_Format(PyExc_TypeError, "%s is not a function", name);
	return -1;
}

static int fetch_type(PyObject *object, const char *name, PyTypeObject **type)
{
	PyObject *attribute;

	if (fetch(object, name, &attribute) != 0)
		return -1;
	if (!PyType_Check(attribute)) {
		PyErr_Format(PyExc_TypeError, "%s is not a type", name);
		Py_DECREF(attribute);
		return -1;
	}
	*type = (PyTypeObject *)attribute;
	return 0;
}

static int fetch_imp(struct importlib *importlib, PyObject *bootstrap)
{
	PyObject *imp;
	int result = fetch(bootstrap, "_imp", &imp);

	if (result == 0) {
		importlib->imp_dict = Py_XNewRef(PyModule_GetDict(imp));
		result = importlib->imp_dict == NULL ||
					 fetch(imp, "acquire_lock",
					       &importlib->acquire_import_lock) != 0 ||
					 fetch(imp, "release_lock",
					       &importlib->release_import_lock) != 0 ||
					 fetch(imp, "_fix_co_filename",
					       &importlib->fix_file_name) != 0
				 ? -1
				 : 0;
		Py_DECREF(imp);
	}
	return result;
}

static int fetch_warn(struct importlib *importlib, PyObject *bootstrap)
{
	PyObject *warnings;

	if (fetch(bootstrap, "_warnings", &warnings) != 0)
		return -1;
	const int result = fetch(warnings, "warn", &importlib->warn);
	Py_DECREF(warnings);
	return result;
}

static int fetch_sys(struct importlib *importlib, PyObject *bootstrap)
{
	PyObject *sys;

	if (fetch(bootstrap, "sys", &sys) != 0)
		return -1;
	importlib->sys_dict = Py_XNewRef(PyModule_GetDict(sys));
	importlib->builtins = Py_XNewRef(PyEval_GetBuiltins());
	Py_DECREF(sys);
	if (importlib->sys_dict == NULL || importlib->builtins == NULL)
		return -1;
	importlib->setattr = Py_XNewRef(compat_dict_find(importlib->builtins, "setattr"));
	return importlib->setattr == NULL ? -1 : 0;
}

static int fetch_functions(struct importlib *importlib, PyObject *bootstrap)
{
	static const char *const names[] = {
		[IMPORTLIB_FIND_AND_LOAD] = "_find_and_load",
		[IMPORTLIB_FIND_AND_LOAD_UNLOCKED] = "_find_and_load_unlocked",
		[IMPORTLIB_FIND_SPEC] = "_find_spec",
		[IMPORTLIB_LOAD_UNLOCKED] = "_load_unlocked",
		[IMPORTLIB_CALL_WITH_FRAMES_REMOVED] = "_call_with_frames_removed",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (fetch_function(bootstrap, names[i], &importlib->functions[i]) != 0)
			return -1;
	return 0;
}

static int fetch_locks(struct importlib *importlib, PyObject *bootstrap)
{
	if (fetch(bootstrap, "_get_module_lock", &importlib->get_module_lock) != 0)
		return -1;
	if (!COMPAT_LOCKS_PARENTS)
		return 0;
	if (fetch(bootstrap, "_ModuleLockManager", &importlib->lock_manager) != 0)
		return -1;
	return fetch(bootstrap, "_HierarchicalLockManager", &importlib->chain_lock_manager);
}

int importlib_init_early(struct importlib *importlib)
{
	PyObject *const bootstrap = frozen_module("_frozen_importlib");

	if (bootstrap == NULL) {
		PyErr_SetString(PyExc_ImportError, "there is no _frozen_importlib");
		return -1;
	}
	if (fetch_functions(importlib, bootstrap) != 0 || fetch_locks(importlib, bootstrap) != 0 ||
	    fetch(bootstrap, "BuiltinImporter", &importlib->builtin_importer) != 0 ||
	    fetch(bootstrap, "FrozenImporter", &importlib->frozen_importer) != 0 ||
	    fetch_type(bootstrap, "ModuleSpec", &importlib->module_spec) != 0 ||
	    fetch_imp(importlib, bootstrap) != 0 || fetch_warn(importlib, bootstrap) != 0)
		return -1;
	return fetch_sys(importlib, bootstrap);
}

/* ModuleSpec.__init__ must set exactly the attributes that spec.c sets, in that order. */
static int check_spec_attributes(struct importlib *importlib)
{
#define PYSTART_IDENTIFIER_TEXT(field, text) text,
	static const char *const known[] = {PYSTART_SPEC_IDENTIFIERS(PYSTART_IDENTIFIER_TEXT)};
#undef PYSTART_IDENTIFIER_TEXT
	PyObject *const spec =
		PyObject_CallFunction((PyObject *)importlib->module_spec, "sO", "x", Py_None);
	PyObject *const dict = spec == NULL ? NULL : PyObject_GenericGetDict(spec, NULL);
	PyObject *key, *value;
	Py_ssize_t position = 0;
	size_t count = 0;

	Py_XDECREF(spec);
	if (dict == NULL)
		return -1;
	bool same = COMPAT_KNOWN_IMPORTLIB;
	for (; same && PyDict_Next(dict, &position, &key, &value); count++)
		same = count < sizeof(known) / sizeof(*known) &&
		       PyUnicode_CompareWithASCIIString(key, known[count]) == 0;
	importlib->plain_spec = same && count == sizeof(known) / sizeof(*known);
	Py_DECREF(dict);
	return 0;
}

/* Whether a cell of the closure holds exactly the loaders that importlib itself uses. */
static bool closes_over(PyObject *hook, PyObject *loaders)
{
	PyObject *const closure = PyFunction_GetClosure(hook);

	for (Py_ssize_t i = 0; closure != NULL && i < PyTuple_GET_SIZE(closure); i++) {
		PyObject *const held = PyCell_GET(PyTuple_GET_ITEM(closure, i));
		if (held != NULL && PyTuple_CheckExact(held) &&
		    PyObject_RichCompareBool(held, loaders, Py_EQ) == 1)
			return true;
	}
	return false;
}

/* What FileFinder.__init__() makes of the loaders. */
static PyObject *new_finder_loaders(const struct importlib *importlib, PyObject *loaders)
{
	PyObject *const folder = PyUnicode_FromString("/");
	PyObject *const first = folder == NULL ? NULL : PyTuple_Pack(1, folder);
	PyObject *const arguments = first == NULL ? NULL : PySequence_Concat(first, loaders);
	PyObject *const finder =
		arguments == NULL
			? NULL
			: PyObject_CallObject((PyObject *)importlib->file_finder, arguments);
	PyObject *const result =
		finder == NULL ? NULL : PyObject_GetAttr(finder, identifiers.loaders);

	Py_XDECREF(folder);
	Py_XDECREF(first);
	Py_XDECREF(arguments);
	Py_XDECREF(finder);
	return result;
}

/* A list of pairs of a suffix and a loader. */
static void hide_loaders(PyObject *loaders)
{
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(loaders); i++)
		hidden_object(PyList_GET_ITEM(loaders, i));
	hidden_object(loaders);
}

/*
 * The one entry of sys.path_hooks that importlib has put there: a closure that FileFinder.path_hook()
 * returns. A program may add others of the kind, with loaders of its own.
 */
static int fetch_hook(struct importlib *importlib, PyObject *external)
{
	PyObject *const hooks = importlib_sys(importlib, identifiers.path_hooks);
	PyObject *const list = PyObject_CallMethod(external, "_get_supported_file_loaders", NULL);
	PyObject *const loaders = list == NULL ? NULL : PySequence_Tuple(list);

	Py_XDECREF(list);
	if (loaders == NULL)
		return -1;
	for (Py_ssize_t i = 0; hooks != NULL && PyList_CheckExact(hooks) &&
			       i < PyList_GET_SIZE(hooks) && importlib->file_finder_hook == NULL;
	     i++) {
		PyObject *const hook = PyList_GET_ITEM(hooks, i);
		if (PyFunction_Check(hook) && closes_over(hook, loaders))
			importlib->file_finder_hook = Py_NewRef(hook);
	}
	PyErr_Clear();
	importlib->finder_loaders = new_finder_loaders(importlib, loaders);
	Py_DECREF(loaders);
	if (importlib->finder_loaders == NULL)
		return -1;
	hide_loaders(importlib->finder_loaders);
	return 0;
}

static int fetch_get_tool(struct importlib *importlib)
{
	PyObject *const monitoring = compat_dict_find(importlib->sys_dict, "monitoring");

	return monitoring == NULL ? 0 : fetch(monitoring, "get_tool", &importlib->get_tool);
}

static bool is_installed(const struct importlib *importlib, PyObject *finder)
{
	PyObject *const meta_path = importlib_sys(importlib, identifiers.meta_path);

	return meta_path != NULL && PyList_Check(meta_path) &&
	       PySequence_Contains(meta_path, finder) == 1;
}

/* The function that a class method of PathFinder is made of. */
static int fetch_method(const struct importlib *importlib, const char *name, PyObject **function)
{
	PyObject *method;

	if (fetch(importlib->path_finder, name, &method) != 0)
		return -1;
	const int result = fetch_function(method, "__func__", function);
	Py_DECREF(method);
	return result;
}

static int fetch_loading(struct importlib *importlib, PyObject *external)
{
	PyObject **const functions = importlib->functions;

	if (fetch_type(external, "SourceFileLoader", &importlib->source_loader) != 0 ||
	    fetch_type(external, "ExtensionFileLoader", &importlib->extension_loader) != 0 ||
	    fetch(external, "spec_from_file_location", &importlib->spec_from_file_location) != 0)
		return -1;
	PyObject *const loader = (PyObject *)importlib->source_loader;
	if (fetch_function(loader, "get_code", &importlib->get_code) != 0)
		return -1;
	return fetch_function(loader, "exec_module", &functions[IMPORTLIB_EXEC_MODULE]);
}

static int fetch_finding(struct importlib *importlib, PyObject *external)
{
	PyObject **const functions = importlib->functions;

	if (fetch_type(external, "FileFinder", &importlib->file_finder) != 0 ||
	    fetch_type(external, "_NamespacePath", &importlib->namespace_path) != 0 ||
	    fetch(importlib->path_finder, "_path_importer_cache", &importlib->get_entry_finder) !=
		    0 ||
	    fetch_method(importlib, "_get_spec", &importlib->get_spec) != 0 ||
	    fetch_method(importlib, "find_spec", &functions[IMPORTLIB_FIND_SPEC_ON_PATH]) != 0)
		return -1;
	hidden_object(importlib->get_entry_finder);
	functions[IMPORTLIB_GET_SPEC] = Py_NewRef(importlib->get_spec);
	return fetch_hook(importlib, external);
}

int importlib_init_external(struct importlib *importlib)
{
	PyObject *const external = frozen_module("_frozen_importlib_external");
	PyObject *path_finder;

	if (external == NULL || !PyObject_HasAttrString(external, "PathFinder"))
		return 0;
	if (fetch(external, "PathFinder", &path_finder) != 0)
		return -1;
	if (!is_installed(importlib, path_finder)) {
		Py_DECREF(path_finder);
		PyErr_Clear();
		return 0;
	}
	importlib->path_finder = path_finder;
	if (fetch_loading(importlib, external) != 0 || fetch_finding(importlib, external) != 0 ||
	    fetch_get_tool(importlib) != 0 || check_spec_attributes(importlib) != 0)
		return -1;
	return 1;
}

bool importlib_is_observed(const struct importlib *importlib)
{
	bool observed = compat_is_traced() || internals_has_callbacks_of_tools();

	for (int i = 0; importlib->get_tool != NULL && !observed && i < COMPAT_MONITORING_TOOLS;
	     i++) {
		PyObject *const number = PyLong_FromLong(i);
		PyObject *const name =
			number == NULL ? NULL : PyObject_CallOneArg(importlib->get_tool, number);
		observed = name != Py_None;
		Py_XDECREF(number);
		Py_XDECREF(name);
	}
	PyErr_Clear();
	return observed;
}

PyObject *importlib_sys(const struct importlib *importlib, PyObject *name)
{
	PyObject *const value = PyDict_GetItemWithError(importlib->sys_dict, name);

	if (value == NULL)
		PyErr_Clear();
	return value;
}
