/* SPDX-License-Identifier: MIT */
#include "importer/cpython/importlib_changes.h"

#include <stdio.h>
#include <string.h>

#include "importer/cpython/dict_version.h"
#include "importer/cpython/hidden.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"

/* --- classes */

/* A type gets its version tag when an attribute is looked up in it, so look one up. */
static unsigned int settled_version(PyTypeObject *type)
{
	PyObject *const attribute = PyObject_GetAttrString((PyObject *)type, "__init__");

	if (attribute == NULL)
		PyErr_Clear();
	Py_XDECREF(attribute);
	return compat_type_version(type);
}

/* Whether importlib looks at an attribute of its classes when it finds or loads a module. */
static bool bears_on_imports(PyObject *key)
{
	/* For distributions, resources, inspection; the rest is asked for only where find_spec is not. */
	static const char others[][20] = {
		"find_distributions", "get_resource_reader", "get_source",   "find_module",
		"find_loader",        "load_module",         "__doc__",      "__module__",
		"__qualname__",       "__annotations__",     "__annotate__",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (PyUnicode_GET_LENGTH(key) == (Py_ssize_t)strlen(others[i]) &&
		    PyUnicode_CompareWithASCIIString(key, others[i]) == 0)
			return false;
	return true;
}

/* The attributes that instances of the type find in it and its bases; those of object cannot change. */
static PyObject *attributes_of(const PyTypeObject *type)
{
	PyObject *const mro = type->tp_mro;
	PyObject *const all = PyDict_New();
	int result = all == NULL ? -1 : 0;

	for (Py_ssize_t i = PyTuple_GET_SIZE(mro) - 1; i >= 0 && result == 0; i--) {
		PyObject *const base = PyTuple_GET_ITEM(mro, i);
		if (base == (PyObject *)&PyBaseObject_Type)
			continue;
		PyObject *const own = PyObject_GetAttrString(base, "__dict__");
		result = own == NULL ? -1 : PyDict_Update(all, own);
		Py_XDECREF(own);
	}
	if (result != 0) {
		Py_XDECREF(all);
		return NULL;
	}
	return all;
}

/* An attribute of `some` that `others` has not, or another one; borrowed. NULL if there is none. */
static PyObject *find_difference(PyObject *some, PyObject *others)
{
	PyObject *key, *value;
	Py_ssize_t position = 0;

	while (PyDict_Next(some, &position, &key, &value))
		if (PyUnicode_Check(key) && bears_on_imports(key) &&
		    PyDict_GetItemWithError(others, key) != value)
			return key;
	return NULL;
}

static int watch_class(struct watched_class *watched, PyTypeObject *type)
{
	watched->known = attributes_of(type);
	if (watched->known == NULL)
		return -1;
	hidden_object(watched->known);
	watched->version = settled_version(type);
	watched->type = type;
	return 0;
}

static void tell_attribute(char *text, const char *owner, PyObject *key)
{
	const char *const name = key == NULL ? NULL : PyUnicode_AsUTF8(key);

	PyErr_Clear();
	snprintf(text, CHANGE_TEXT_SIZE, "importlib's %s%s%s", owner, name == NULL ? "" : ".",
		 name == NULL ? "" : name);
}

/* The version tag tells that nothing was set. Otherwise the attributes are compared. */
static bool is_class_pristine(struct watched_class *watched, char *text)
{
	if (compat_type_version(watched->type) == watched->version && watched->version != 0)
		return true;
	PyObject *const current = attributes_of(watched->type);
	PyObject *key = NULL;
	bool same = false;

	if (current != NULL) {
		key = find_difference(watched->known, current);
		key = key != NULL ? key : find_difference(current, watched->known);
		same = key == NULL && !PyErr_Occurred();
	}
	PyErr_Clear();
	if (same)
		watched->version = settled_version(watched->type);
	else
		tell_attribute(text, watched->type->tp_name, key);
	Py_XDECREF(current);
	return same;
}

/* --- globals */

static int watch_globals(struct watched_globals *globals, const char *name)
{
	PyObject *const module = compat_dict_find(PyImport_GetModuleDict(), name);

	/* It was there before; without memory it cannot be looked for. */
	if (module == NULL || !PyModule_Check(module))
		return -1;
	globals->dict = Py_NewRef(PyModule_GetDict(module));
	globals->known = PyDict_Copy(globals->dict);
	if (globals->known == NULL)
		return -1;
	hidden_object(globals->known);
	globals->version = dict_version(globals->dict);
	return 0;
}

/* importlib/__init__.py sets __file__ and the like, which does not change what importlib does. */
static bool is_dunder(PyObject *key)
{
	return PyUnicode_Check(key) && PyUnicode_GET_LENGTH(key) > 2 &&
	       PyUnicode_READ_CHAR(key, 0) == '_' && PyUnicode_READ_CHAR(key, 1) == '_';
}

/* Compared only after something was set. */
static bool are_globals_pristine(struct watched_globals *globals, char *text)
{
	const uint64_t version = dict_version(globals->dict);
	PyObject *key, *value;
	Py_ssize_t position = 0;

	if (version == globals->version && version != 0)
		return true;
	while (PyDict_Next(globals->known, &position, &key, &value))
		if (!is_dunder(key) && PyDict_GetItemWithError(globals->dict, key) != value) {
			PyErr_Clear();
			tell_attribute(text, "functions", key);
			return false;
		}
	globals->version = version;
	return true;
}

/* --- settings that importlib reads at each import */

static int watch_suffixes(struct importlib_changes *changes)
{
	static const char *const names[WATCHED_SUFFIXES] = {"SOURCE_SUFFIXES", "BYTECODE_SUFFIXES",
							    "EXTENSION_SUFFIXES"};

	for (size_t i = 0; i < WATCHED_SUFFIXES; i++) {
		PyObject *const list = compat_dict_find(changes->globals[1].dict, names[i]);
		if (list == NULL || !PyList_CheckExact(list))
			return -1;
		changes->suffixes[i] =
			(struct watched_list){names[i], Py_NewRef(list), PySequence_Tuple(list)};
		if (changes->suffixes[i].known == NULL)
			return -1;
		hidden_object(changes->suffixes[i].known);
	}
	return 0;
}

static bool is_list_pristine(const struct watched_list *watched)
{
	const Py_ssize_t size = PyTuple_GET_SIZE(watched->known);

	if (PyList_GET_SIZE(watched->list) != size)
		return false;
	for (Py_ssize_t i = 0; i < size; i++)
		if (PyList_GET_ITEM(watched->list, i) != PyTuple_GET_ITEM(watched->known, i))
			return false;
	return true;
}

/* sys.implementation.cache_tag; a new reference, or NULL without an exception. */
static PyObject *cache_tag_of(PyObject *implementation)
{
	PyObject *const tag = implementation == NULL
				      ? NULL
				      : PyObject_GetAttr(implementation, identifiers.cache_tag);

	PyErr_Clear();
	return tag;
}

static PyObject *hash_checks_of(const struct importlib *importlib)
{
	return PyDict_GetItemWithError(importlib->imp_dict, identifiers.check_hash_based_pycs);
}

static void watch_settings(struct importlib *importlib)
{
	struct importlib_changes *const changes = &importlib->changes;

	changes->implementation = Py_XNewRef(importlib_sys(importlib, identifiers.implementation));
	changes->cache_tag = cache_tag_of(changes->implementation);
	changes->flags = Py_XNewRef(importlib_sys(importlib, identifiers.flags));
	changes->hash_checks = Py_XNewRef(hash_checks_of(importlib));
	PyErr_Clear();
}

static bool is_cache_tag_pristine(const struct importlib_changes *changes)
{
	PyObject *const tag = cache_tag_of(changes->implementation);
	const bool same = tag == changes->cache_tag;

	Py_XDECREF(tag);
	return same;
}

/*
 * What the names and the use of .pyc files depend on. At start the bundle was compared with these
 * (settings.h). The name of what was set since, or NULL.
 */
static const char *find_changed_setting(const struct importlib *importlib)
{
	const struct importlib_changes *const changes = &importlib->changes;
	PyObject *const prefix = importlib_sys(importlib, identifiers.pycache_prefix);

	if (prefix != NULL && prefix != Py_None)
		return "sys.pycache_prefix";
	if (importlib_sys(importlib, identifiers.implementation) != changes->implementation ||
	    !is_cache_tag_pristine(changes))
		return "sys.implementation";
	if (importlib_sys(importlib, identifiers.flags) != changes->flags)
		return "sys.flags";
	if (hash_checks_of(importlib) != changes->hash_checks)
		return "_imp.check_hash_based_pycs";
	for (int i = 0; i < WATCHED_SUFFIXES; i++)
		if (!is_list_pristine(&changes->suffixes[i]))
			return changes->suffixes[i].name;
	return NULL;
}

/* --- functions */

/* Those of what a class or module is known to have. */
static int watch_functions(struct watched_functions *functions, PyObject *known)
{
	PyObject *key, *value;
	Py_ssize_t position = 0;

	while (PyDict_Next(known, &position, &key, &value))
		if (PyUnicode_Check(key) && bears_on_imports(key) &&
		    watched_functions_add(functions, value) != 0)
			return -1;
	return 0;
}

static int watch_all_functions(struct importlib_changes *changes)
{
	struct watched_functions *const functions = &changes->functions;

	for (int i = 0; i < WATCHED_CLASSES; i++)
		if (watch_functions(functions, changes->classes[i].known) != 0)
			return -1;
	for (int i = 0; i < WATCHED_GLOBALS; i++)
		if (watch_functions(functions, changes->globals[i].known) != 0)
			return -1;
	if (watch_functions(functions, changes->builtin_importer.known) != 0)
		return -1;
	return watch_functions(functions, changes->frozen_importer.known);
}

static bool are_functions_pristine(struct importlib_changes *changes)
{
	PyObject *const changed = watched_functions_find_changed(&changes->functions);

	if (changed != NULL)
		tell_attribute(changes->text, "function",
			       ((PyFunctionObject *)changed)->func_qualname);
	return changed == NULL;
}

/* --- all of it */

int importlib_watch(struct importlib *importlib)
{
	PyTypeObject *const types[WATCHED_CLASSES] = {
		importlib->module_spec,   (PyTypeObject *)importlib->path_finder,
		importlib->source_loader, importlib->extension_loader,
		importlib->file_finder,
	};
	struct importlib_changes *const changes = &importlib->changes;

	for (int i = 0; i < WATCHED_CLASSES; i++)
		if (watch_class(&changes->classes[i], types[i]) != 0)
			return -1;
	if (watch_class(&changes->builtin_importer, (PyTypeObject *)importlib->builtin_importer) !=
		    0 ||
	    watch_class(&changes->frozen_importer, (PyTypeObject *)importlib->frozen_importer) !=
		    0 ||
	    watch_globals(&changes->globals[0], "_frozen_importlib") != 0 ||
	    watch_globals(&changes->globals[1], "_frozen_importlib_external") != 0 ||
	    watch_suffixes(changes) != 0 || watch_all_functions(changes) != 0)
		return -1;
	changes->namespace_version = settled_version(importlib->namespace_path);
	watch_settings(importlib);
	return 0;
}

bool importlib_is_pristine(struct importlib *importlib)
{
	struct importlib_changes *const changes = &importlib->changes;

	for (int i = 0; i < WATCHED_GLOBALS; i++)
		if (!are_globals_pristine(&changes->globals[i], changes->text))
			return false;
	for (int i = 0; i < WATCHED_CLASSES; i++)
		if (!is_class_pristine(&changes->classes[i], changes->text))
			return false;
	if (!are_functions_pristine(changes))
		return false;
	const char *const setting = find_changed_setting(importlib);
	if (setting != NULL)
		snprintf(changes->text, sizeof(changes->text), "%s", setting);
	return setting == NULL;
}

bool importlib_is_stock_finder(struct importlib *importlib, PyObject *finder)
{
	struct importlib_changes *const changes = &importlib->changes;

	if (finder == importlib->builtin_importer)
		return is_class_pristine(&changes->builtin_importer, changes->text);
	return finder == importlib->frozen_importer &&
	       is_class_pristine(&changes->frozen_importer, changes->text);
}

/* --- what comes and goes */

/* A class that was made by the frozen zipimport, and not by a program that gave it the name. */
static bool is_frozen_class(PyObject *object)
{
	if (!PyType_Check(object))
		return false;
	PyObject *const init = PyObject_GetAttrString(object, "__init__");
	const bool same = init != NULL && PyFunction_Check(init) &&
			  PyUnicode_CompareWithASCIIString(
				  ((PyCodeObject *)PyFunction_GET_CODE(init))->co_filename,
				  "<frozen zipimport>") == 0;

	Py_XDECREF(init);
	PyErr_Clear();
	return same;
}

/* It is imported after importlib is complete, and then put on sys.path_hooks before others run. */
static void watch_zipimporter(struct importlib_changes *changes)
{
	PyObject *const module = compat_dict_find(PyImport_GetModuleDict(), "zipimport");
	PyObject *const type = module == NULL || !PyModule_Check(module)
				       ? NULL
				       : compat_dict_find(PyModule_GetDict(module), "zipimporter");

	if (type != NULL && is_frozen_class(type))
		(void)watch_class(&changes->zipimporter, (PyTypeObject *)Py_NewRef(type));
	PyErr_Clear();
}

bool importlib_is_zipimporter(struct importlib *importlib, PyObject *hook)
{
	struct importlib_changes *const changes = &importlib->changes;

	if (changes->zipimporter.type == NULL)
		watch_zipimporter(changes);
	return changes->zipimporter.type != NULL && hook == (PyObject *)changes->zipimporter.type &&
	       is_class_pristine(&changes->zipimporter, changes->text);
}

/*
 * PathFinder.invalidate_caches() counts _NamespacePath._epoch up, which changes the type. A type that
 * has been changed very often gets no more version tags; then each time counts.
 */
bool importlib_was_invalidated(struct importlib *importlib)
{
	struct importlib_changes *const changes = &importlib->changes;

	if (compat_type_version(importlib->namespace_path) == changes->namespace_version &&
	    changes->namespace_version != 0)
		return false;
	changes->namespace_version = settled_version(importlib->namespace_path);
	return true;
}
