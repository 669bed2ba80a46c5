/* SPDX-License-Identifier: MIT */
#include "importer/find/load.h"

#include <string.h>

#include "importer/cpython/hidden.h"
#include "importer/find/code.h"
#include "importer/find/finders.h"
#include "importer/find/resolve.h"
#include "importer/find/spec.h"
#include "importer/session.h"

bool load_find(PyObject *name, struct pyb_module_view *view)
{
	Py_ssize_t size;
	const char *const text = PyUnicode_AsUTF8AndSize(name, &size);

	if (text == NULL) {
		PyErr_Clear(); /* a lone surrogate: no bundled module has such a name */
		return false;
	}
	return pyb_reader_find(&importer.bundle.reader, text, (size_t)size, view, NULL) == PYB_OK &&
	       view->record != NULL;
}

void load_count_fallthrough(enum fallthrough reason)
{
	importer.stats.fallthroughs[reason]++;
}

static PyObject *leave_to_importlib(PyObject *name, PyObject *import_, enum fallthrough reason)
{
	PyObject *const arguments[] = {name, import_};

	load_count_fallthrough(reason);
	return frames_call(SITE_LOCKED,
			   importer.importlib.functions[IMPORTLIB_FIND_AND_LOAD_UNLOCKED],
			   arguments, 2);
}

/* --- executing a module, as _load_unlocked() */

/* What SourceLoader.exec_module() does: exec(code, module.__dict__). */
static int execute(PyObject *module, PyObject *code)
{
	PyObject *const arguments[] = {code, PyModule_GetDict(module)};
	PyObject *const exec =
		PyDict_GetItemWithError(importer.importlib.builtins, importer.names.exec);

	if (exec == NULL) {
		if (!PyErr_Occurred())
			PyErr_SetString(PyExc_NameError, "name 'exec' is not defined");
		return -1;
	}
	PyObject *const result = frames_call(SITE_EXECUTE, exec, arguments, 2);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

static void forget_module(PyObject *modules, PyObject *name)
{
	const struct compat_exception raised = compat_take_exception();

	if (PyDict_Contains(modules, name) != 1 || PyDict_DelItem(modules, name) != 0)
		PyErr_Clear();
	compat_restore_exception(raised);
}

/* Raise what a function of ours raises, from under importlib's frames at the site. */
static PyObject *raise_at(enum site site, PyMethodDef *method, PyObject *name)
{
	PyObject *const function = PyCFunction_New(method, NULL);

	if (function != NULL) {
		/* It returns nothing but NULL. */
		(void)frames_call(site, function, &name, 1);
		Py_DECREF(function);
	}
	return NULL;
}

static PyObject *raise_key_error(PyObject *unused, PyObject *name)
{
	(void)unused;
	PyErr_SetObject(PyExc_KeyError, name);
	return NULL;
}

static PyMethodDef raise_key_error_method = {"pop", raise_key_error, METH_O, NULL};

/* Move the module to the end of sys.modules; its body may have put another object there. */
static PyObject *settle_module(PyObject *modules, PyObject *name)
{
	PyObject *module = Py_XNewRef(PyDict_GetItemWithError(modules, name));

	if (module == NULL)
		return PyErr_Occurred() ? NULL : raise_at(SITE_POP, &raise_key_error_method, name);
	if (PyDict_DelItem(modules, name) != 0 || PyDict_SetItem(modules, name, module) != 0)
		Py_CLEAR(module);
	return module;
}

static PyObject *execute_in_modules(PyObject *modules, PyObject *module, PyObject *name,
				    PyObject *code)
{
	if (PyDict_SetItem(modules, name, module) != 0)
		return NULL;
	if (execute(module, code) != 0) {
		forget_module(modules, name);
		return NULL;
	}
	return settle_module(modules, name);
}

static int end_initializing(PyObject *spec)
{
	const struct compat_exception raised = compat_take_exception();
	const int result = PyObject_SetAttr(spec, importer.names.initializing, Py_False);

	if (raised.value != NULL || raised.type != NULL) {
		PyErr_Clear();
		compat_restore_exception(raised);
	}
	return result;
}

static PyObject *load_source(const struct pyb_module_view *view, PyObject *name, PyObject *spec,
			     PyObject *code)
{
	PyObject *const module = spec_new_module(view, name, spec);
	PyObject *loaded = NULL;

	if (module == NULL)
		return NULL;
	if (PyObject_SetAttr(spec, importer.names.initializing, Py_True) == 0) {
		loaded = execute_in_modules(PyImport_GetModuleDict(), module, name, code);
		if (end_initializing(spec) != 0)
			Py_CLEAR(loaded);
	}
	Py_DECREF(module);
	if (loaded != NULL)
		importer.stats.modules++;
	return loaded;
}

/* --- the parent package, as _find_and_load_unlocked() */

struct parent {
	PyObject *name;          /* NULL: the module is a top-level one; owned */
	PyObject *child;         /* what is behind the last dot; owned */
	PyObject *path;          /* __path__; owned */
	PyObject *uninitialized; /* __spec__._uninitialized_submodules; owned */
};

static void parent_release(struct parent *parent)
{
	Py_XDECREF(parent->name);
	Py_XDECREF(parent->child);
	Py_XDECREF(parent->path);
	Py_XDECREF(parent->uninitialized);
}

/* Its parent is imported first. Returns 0, or -1 with an exception set. */
static int import_parent(struct parent *parent, const struct pyb_module_view *view,
			 PyObject *import_)
{
	const char *const dot = memrchr(view->name.text, '.', view->name.size);

	if (dot == NULL)
		return 0;
	const Py_ssize_t size = dot - view->name.text;
	parent->name = PyUnicode_FromStringAndSize(view->name.text, size);
	parent->child =
		PyUnicode_FromStringAndSize(dot + 1, (Py_ssize_t)view->name.size - size - 1);
	if (parent->name == NULL || parent->child == NULL)
		return -1;
	/* As the names of attributes and modules are everywhere, so that dictionaries stay fast. */
	PyUnicode_InternInPlace(&parent->name);
	PyUnicode_InternInPlace(&parent->child);
	const int there = PyDict_Contains(PyImport_GetModuleDict(), parent->name);
	if (there != 0)
		return there < 0 ? -1 : 0;
	PyObject *const imported = frames_call(SITE_PARENT, import_, &parent->name, 1);
	Py_XDECREF(imported);
	return imported == NULL ? -1 : 0;
}

/*
 * Fetch __path__ and the list of submodules in the making. Returns 1; 0 if the parent is not the
 * ordinary package that this needs; -1 with an exception set.
 */
static int look_at_parent(struct parent *parent)
{
	PyObject *const module = PyDict_GetItemWithError(PyImport_GetModuleDict(), parent->name);
	PyObject *spec;

	if (module == NULL) {
		if (!PyErr_Occurred())
			PyErr_SetObject(PyExc_KeyError, parent->name);
		return -1;
	}
	parent->path = PyObject_GetAttr(module, importer.names.dunder_path);
	spec = parent->path == NULL ? NULL : PyObject_GetAttr(module, importer.names.dunder_spec);
	if (spec != NULL && PyObject_IsTrue(spec) == 1)
		parent->uninitialized =
			PyObject_GetAttr(spec, importer.names.uninitialized_submodules);
	Py_XDECREF(spec);
	if (parent->uninitialized != NULL && PyList_CheckExact(parent->uninitialized))
		return 1;
	if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError))
		return -1;
	PyErr_Clear();
	return 0;
}

/* Only a parent that is no plain module can run code of its own. */
static int set_attribute(PyObject *package, PyObject *name, PyObject *value)
{
	PyObject *const arguments[] = {package, name, value};

	if (PyModule_CheckExact(package))
		return PyObject_SetAttr(package, name, value);
	PyObject *const result = frames_call(SITE_BIND, importer.importlib.setattr, arguments, 3);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

static int warn_of_parent(const struct parent *parent)
{
	PyObject *const text = PyUnicode_FromFormat(
		"Cannot set an attribute on %R for child module %R", parent->name, parent->child);
	PyObject *const arguments[] = {text, PyExc_ImportWarning};
	PyObject *const result =
		text == NULL ? NULL : frames_call(SITE_WARN, importer.importlib.warn, arguments, 2);

	Py_XDECREF(text);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

static int bind_to_parent(const struct parent *parent, PyObject *module)
{
	PyObject *const package = PyDict_GetItemWithError(PyImport_GetModuleDict(), parent->name);

	if (package == NULL) {
		if (!PyErr_Occurred())
			PyErr_SetObject(PyExc_KeyError, parent->name);
		return -1;
	}
	if (set_attribute(package, parent->child, module) == 0)
		return 0;
	if (!PyErr_ExceptionMatches(PyExc_AttributeError))
		return -1;
	PyErr_Clear();
	return warn_of_parent(parent);
}

static void pop_uninitialized(const struct parent *parent)
{
	PyObject *const list = parent->uninitialized;
	const struct compat_exception raised = compat_take_exception();
	const Py_ssize_t size = PyList_GET_SIZE(list);

	if (size > 0 && PyList_SetSlice(list, size - 1, size, NULL) != 0)
		PyErr_Clear();
	compat_restore_exception(raised);
}

/* --- one import */

static PyObject *raise_not_found(PyObject *unused, PyObject *name)
{
	PyObject *const message = PyUnicode_FromFormat("No module named %R", name);

	(void)unused;
	if (message != NULL)
		PyErr_SetImportErrorSubclass(PyExc_ModuleNotFoundError, message, name, NULL);
	Py_XDECREF(message);
	return NULL;
}

static PyMethodDef raise_not_found_method = {"ModuleNotFoundError", raise_not_found, METH_O, NULL};

void load_count_absent(const struct pyb_module_view *view, PyObject *path)
{
	importer.stats.absent++;
	if (strchr(view->name.text, '.') != NULL || !PyList_Check(path))
		return;
	Py_XSETREF(importer.searched, PyList_GetSlice(path, 0, PyList_GET_SIZE(path)));
	hidden_object(importer.searched);
	PyErr_Clear();
}

static PyObject *report_absent(const struct pyb_module_view *view, PyObject *name, PyObject *path)
{
	load_count_absent(view, path);
	return raise_at(SITE_NOT_FOUND, &raise_not_found_method, name);
}

/*
 * Load by the spec that was found, with the parent told meanwhile and bound afterwards. Without code
 * importlib does the loading.
 */
static PyObject *load_in_parent(const struct pyb_module_view *view, PyObject *name, PyObject *spec,
				PyObject *code, const struct parent *parent)
{
	PyObject *module;

	if (parent->name != NULL && PyList_Append(parent->uninitialized, parent->child) != 0)
		return NULL;
	module = code != NULL ? load_source(view, name, spec, code)
			      : frames_call(SITE_LOAD,
					    importer.importlib.functions[IMPORTLIB_LOAD_UNLOCKED],
					    &spec, 1);
	if (parent->name != NULL) {
		pop_uninitialized(parent);
		if (module != NULL && bind_to_parent(parent, module) != 0)
			Py_CLEAR(module);
	}
	return module;
}

static PyObject *load_own(const struct pyb_module_view *view, PyObject *name, PyObject *import_,
			  const struct parent *parent)
{
	const bool is_source = view->record->kind == PYB_MODULE_SOURCE;
	const enum module_file file = resolve_file(view);
	PyObject *code = NULL;
	PyObject *module = NULL;

	if (file == MODULE_FILE_NONE)
		return leave_to_importlib(name, import_, FALLTHROUGH_STALE);
	if (is_source && file == MODULE_FILE_SAME)
		code = code_take(view);
	if (PyErr_Occurred())
		return NULL;
	/* The file is the right one all the same: no finder is to be asked once more. */
	if (is_source && code == NULL)
		load_count_fallthrough(file == MODULE_FILE_SAME ? FALLTHROUGH_DAMAGED
								: FALLTHROUGH_STALE);
	PyObject *const spec = spec_new(view, name, code != NULL);
	if (spec != NULL)
		module = load_in_parent(view, name, spec, code, parent);
	importer.stats.extensions += module != NULL && !is_source;
	Py_XDECREF(spec);
	Py_XDECREF(code);
	return module;
}

static PyObject *load_with_parent(const struct pyb_module_view *view, PyObject *name,
				  PyObject *import_, const struct parent *parent)
{
	PyObject *const path = parent->name != NULL
				       ? parent->path
				       : importlib_sys(&importer.importlib, importer.names.path);
	PyObject *foreign_spec = NULL;
	PyObject *module;
	enum fallthrough reason;

	if (path == NULL)
		return leave_to_importlib(name, import_, FALLTHROUGH_FOREIGN_PATH);
	/* Before finders are asked, which importlib will do too. */
	if (code_is_in_use(view))
		return leave_to_importlib(name, import_, FALLTHROUGH_IN_USE);
	const enum verdict verdict = resolve_module(view, path, &reason);
	if (verdict == VERDICT_ERROR)
		return NULL;
	if (verdict == VERDICT_LEAVE)
		return leave_to_importlib(name, import_, reason);
	switch (finders_ask(name, parent->name != NULL ? path : Py_None, verdict == VERDICT_ABSENT,
			    &foreign_spec)) {
	case FINDERS_ERROR:
		return NULL;
	case FINDERS_UNKNOWN:
		return leave_to_importlib(name, import_, FALLTHROUGH_FOREIGN_FINDER);
	case FINDERS_FOUND:
		load_count_fallthrough(FALLTHROUGH_FOREIGN_FINDER);
		module = load_in_parent(view, name, foreign_spec, NULL, parent);
		Py_DECREF(foreign_spec);
		return module;
	case FINDERS_NOTHING:
		break;
	}
	return verdict == VERDICT_ABSENT ? report_absent(view, name, path)
					 : load_own(view, name, import_, parent);
}

static PyObject *load_locked(const struct pyb_module_view *view, PyObject *name, PyObject *import_)
{
	struct parent parent = {0};
	PyObject *module = NULL;

	if (import_parent(&parent, view, import_) != 0)
		goto done;
	/* Importing the parent may have imported this one. */
	module = Py_XNewRef(PyDict_GetItemWithError(PyImport_GetModuleDict(), name));
	if (module != NULL || PyErr_Occurred())
		goto done;
	const int usable = parent.name == NULL ? 1 : look_at_parent(&parent);
	if (usable > 0)
		module = load_with_parent(view, name, import_, &parent);
	else if (usable == 0)
		module = leave_to_importlib(name, import_, FALLTHROUGH_FOREIGN_PATH);
done:
	parent_release(&parent);
	return module;
}

static int release_lock(PyObject *lock)
{
	const struct compat_exception raised = compat_take_exception();
	PyObject *const result = PyObject_CallMethodNoArgs(lock, importer.names.release);
	const bool failed = result == NULL;

	Py_XDECREF(result);
	if (raised.value != NULL || raised.type != NULL) {
		PyErr_Clear();
		compat_restore_exception(raised);
	}
	return failed ? -1 : 0;
}

static int acquire_lock(PyObject *lock)
{
	PyObject *const result = PyObject_CallMethodNoArgs(lock, importer.names.acquire);

	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

PyObject *load_module(const struct pyb_module_view *view, PyObject *name, PyObject *import_)
{
	PyObject *const lock = PyObject_CallOneArg(importer.importlib.get_module_lock, name);
	PyObject *module = NULL;
	bool imported_meanwhile = false;

	if (lock == NULL)
		return NULL;
	if (acquire_lock(lock) != 0)
		goto done;
	const int there = PyDict_Contains(PyImport_GetModuleDict(), name);
	imported_meanwhile = there == 1;
	if (there == 0)
		module = load_locked(view, name, import_);
	if (release_lock(lock) != 0)
		Py_CLEAR(module);
done:
	Py_DECREF(lock);
	if (imported_meanwhile && !PyErr_Occurred())
		return intercept_pass(&importer.find_and_load, (PyObject *[]){name, import_}, 2,
				      NULL);
	return module;
}
