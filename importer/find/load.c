/* SPDX-License-Identifier: MIT */
#include "importer/find/load.h"

#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/find/code.h"
#include "importer/find/execute.h"
#include "importer/find/finders.h"
#include "importer/find/foreign_stats.h"
#include "importer/find/lazy.h"
#include "importer/find/left.h"
#include "importer/find/module_file.h"
#include "importer/find/module_lock.h"
#include "importer/find/parent.h"
#include "importer/find/resolve.h"
#include "importer/find/spec.h"
#include "importer/session.h"
#include "importer/snapshot/body_marks.h"

/*
 * Whether the module's file is found under its name here. The names of files are bytes, which become
 * other names under another encoding; the last part of the name is in the path of the module's file.
 */
static bool is_name_of_file(PyObject *name, const struct pyb_module_view *view)
{
	const char *const dot = memrchr(view->name.text, '.', view->name.size);
	const char *const last = dot == NULL ? view->name.text : dot + 1;
	PyObject *const encoded = PyUnicode_EncodeFSDefault(name);
	const bool same = encoded != NULL &&
			  strcmp(PyBytes_AS_STRING(encoded), view->name.text) == 0 &&
			  strstr(view->origin.text, last) != NULL;

	Py_XDECREF(encoded);
	PyErr_Clear();
	return same;
}

bool load_find(PyObject *name, struct pyb_module_view *view)
{
	Py_ssize_t size;
	const char *const text = PyUnicode_AsUTF8AndSize(name, &size);

	if (text == NULL) {
		PyErr_Clear(); /* a lone surrogate: no bundled module has such a name */
		return false;
	}
	return pyb_reader_find(&used_bundle.reader, text, (size_t)size, view, NULL) == PYB_OK &&
	       view->record != NULL && (PyUnicode_IS_ASCII(name) || is_name_of_file(name, view));
}

bool load_is_unchanged(PyObject *module, const char *name)
{
	PyObject *const key = PyUnicode_FromString(name);
	struct pyb_module_view view;
	PyObject *file = NULL;
	bool same = false;

	if (key != NULL && load_find(key, &view) && view.record->kind == PYB_MODULE_SOURCE &&
	    module_file_look(&view) == MODULE_FILE_SAME) {
		file = PyModule_GetFilenameObject(module);
		same = file != NULL && spec_is_origin(&view, file);
	}
	Py_XDECREF(key);
	Py_XDECREF(file);
	return same;
}

/* What is to be done when the call that was prepared has returned. */
enum step {
	STEP_BEGIN,
	STEP_PARENT_IMPORTED,
	STEP_PARENT_INITIALIZED,
	STEP_EXECUTED, /* the body was run */
	STEP_LOADED,   /* importlib has loaded the module by its spec */
	STEP_LEFT,     /* importlib has imported it */
	STEP_END,
};

/*
 * One import. Modules import one another to any depth, each on top of the C stack of the one before:
 * so what is to be known across the execution of a module is here, and no function of ours but the
 * outermost is active meanwhile.
 */
struct import {
	struct pyb_module_view view;
	PyObject *name, *import_; /* the arguments of _find_and_load(), borrowed */
	PyObject *lock;           /* of module_lock_acquire(); owned */
	struct parent parent;
	PyObject *finders;       /* of sys.meta_path, that are asked; owned */
	PyObject *spec, *code;   /* owned */
	PyObject *module;        /* the one that is executed, then the result; owned */
	struct framed_call call; /* the next one */
	enum step next;
	unsigned mark; /* of body_marks_begin() */
	bool was_imported_meanwhile;
	bool is_deferred; /* for the caller */
	bool is_loaded;   /* by us, or by importlib from a spec that we had */
	bool is_own;      /* the spec is that of the bundle */
	bool has_child;   /* the parent's spec was told that the module is being imported */
	bool asked;       /* finders were asked, which are not to be asked again */
	bool is_foreign;  /* left to a finder of others, which may ask the bundle in its turn */
};

/* --- what comes next */

/* Call Python code and go on with a step. Returns whether there is a call to be made. */
static bool call_then(struct import *import, enum step next, enum site site, PyObject *callable,
		      PyObject *const *arguments, int count)
{
	import->next = next;
	return frames_prepare(&import->call, site, callable, arguments, count) == 0;
}

static bool leave_to_importlib(struct import *import, enum fallthrough reason)
{
	PyObject *const arguments[] = {import->name, import->import_};

	if (reason == FALLTHROUGH_FOREIGN_FINDER)
		import->is_foreign = true;
	else
		left_note(reason, import->name);
	return call_then(import, STEP_LEFT, SITE_LOCKED,
			 stock_importlib.functions[IMPORTLIB_FIND_AND_LOAD_UNLOCKED], arguments, 2);
}

static bool begin_child(struct import *import)
{
	if (import->parent.name == NULL)
		return true;
	import->has_child = parent_push_child(&import->parent) == 0;
	return import->has_child;
}

/* By import->spec, which somebody else has found, or with code that is in the module's file. */
static bool load_by_importlib(struct import *import)
{
	return begin_child(import) &&
	       call_then(import, STEP_LOADED, SITE_LOAD,
			 stock_importlib.functions[IMPORTLIB_LOAD_UNLOCKED], &import->spec, 1);
}

/* Those who trace a start are told. */
static void mark_body(struct import *import)
{
	PyObject *const library = PySys_GetObject("_stdlib_dir");
	const char *const folder =
		library == NULL || !PyUnicode_Check(library) ? NULL : PyUnicode_AsUTF8(library);

	PyErr_Clear();
	import->mark = body_marks_begin(import->view.name.text, import->view.origin.text,
					folder == NULL ? "" : folder);
}

static bool execute(struct import *import)
{
	PyObject *const exec = execute_function();

	if (exec == NULL || !begin_child(import))
		return false;
	import->module = execute_begin(&import->view, import->name, import->spec);
	if (import->module == NULL)
		return false;
	if (session.makes_snapshot)
		mark_body(import);
	PyObject *const arguments[] = {import->code, PyModule_GetDict(import->module)};
	return call_then(import, STEP_EXECUTED, SITE_EXECUTE, exec, arguments, 2);
}

/* --- no such module */

static PyObject *raise_not_found(PyObject *unused, PyObject *name)
{
	PyObject *const message = PyUnicode_FromFormat("No module named %R", name);
	PyObject *const arguments = message == NULL ? NULL : PyTuple_Pack(1, message);
	PyObject *const keywords = arguments == NULL ? NULL : Py_BuildValue("{sO}", "name", name);
	/* By hand, for PyErr_SetImportErrorSubclass() sets a path of None, which 3.15 shows. */
	PyObject *const error =
		keywords == NULL ? NULL
				 : PyObject_Call(PyExc_ModuleNotFoundError, arguments, keywords);

	(void)unused;
	if (error != NULL)
		PyErr_SetObject(PyExc_ModuleNotFoundError, error);
	Py_XDECREF(message);
	Py_XDECREF(arguments);
	Py_XDECREF(keywords);
	Py_XDECREF(error);
	return NULL;
}

static PyMethodDef raise_not_found_method = {"ModuleNotFoundError", raise_not_found, METH_O, NULL};

static bool report_absent(struct import *import)
{
	(void)frames_raise(SITE_NOT_FOUND, &raise_not_found_method, import->name);
	return false;
}

/* --- finding */

/* None, or the __path__ that finders are told. */
static PyObject *path_argument(const struct import *import)
{
	return import->parent.name != NULL ? import->parent.path : Py_None;
}

/* Go on with what finders behind the path finder, or it and them, say. */
static bool ask_the_others(struct import *import, bool with_path_finder)
{
	switch (finders_ask_behind(import->finders, import->name, path_argument(import),
				   with_path_finder, &import->spec)) {
	case FINDERS_FOUND:
		import->is_foreign = !with_path_finder;
		return load_by_importlib(import);
	case FINDERS_NOTHING:
		return report_absent(import);
	case FINDERS_UNKNOWN:
		return leave_to_importlib(import, FALLTHROUGH_FOREIGN_FINDER);
	case FINDERS_ERROR:
		break;
	}
	return false;
}

/* What was not asked yet is asked by importlib, or here, if others were asked before. */
static bool leave(struct import *import, enum fallthrough reason)
{
	if (!import->asked)
		return leave_to_importlib(import, reason);
	left_note(reason, import->name);
	return ask_the_others(import, true);
}

static bool load_own(struct import *import)
{
	const struct pyb_module_view *const view = &import->view;
	const bool is_source = view->record->kind == PYB_MODULE_SOURCE;
	enum module_file file = MODULE_FILE_SAME;

	if (is_source)
		file = module_file_look(view);
	else if (!module_file_exists(view))
		file = MODULE_FILE_NONE;
	if (file == MODULE_FILE_NONE)
		return leave(import, FALLTHROUGH_STALE);
	if (is_source && file == MODULE_FILE_SAME)
		import->code = code_take(view);
	if (PyErr_Occurred())
		return false;
	/* The file is the right one all the same: no finder is to be asked once more. */
	if (is_source && import->code == NULL)
		left_note(file == MODULE_FILE_SAME ? FALLTHROUGH_DAMAGED : FALLTHROUGH_STALE,
			  import->name);
	import->spec = spec_new(view, import->name, import->code != NULL);
	if (import->spec == NULL)
		return false;
	import->is_own = true;
	return import->code != NULL ? execute(import) : load_by_importlib(import);
}

static bool search_path(struct import *import, PyObject *path)
{
	const struct question question = {.name = import->name, .target = Py_None};
	enum fallthrough reason;

	switch (resolve_module(&import->view, path, &question, &import->spec, &reason)) {
	case VERDICT_SERVE:
		return load_own(import);
	case VERDICT_FOUND:
		left_note(reason, import->name);
		import->spec = finders_settle_spec(import->spec, import->name);
		return import->spec != NULL && load_by_importlib(import);
	case VERDICT_ABSENT:
		session.stats.absent++;
		return ask_the_others(import, false);
	case VERDICT_LEAVE:
		return leave(import, reason);
	case VERDICT_ERROR:
		break;
	}
	return false;
}

static bool find(struct import *import)
{
	PyObject *const path = import->parent.name != NULL
				       ? import->parent.path
				       : importlib_sys(&stock_importlib, identifiers.path);

	if (path == NULL)
		return leave_to_importlib(import, FALLTHROUGH_FOREIGN_PATH);
	/* Before finders are asked, which importlib will do too. */
	if (code_is_in_use(&import->view))
		return leave_to_importlib(import, FALLTHROUGH_IN_USE);
	import->finders = finders_walk();
	if (import->finders == NULL)
		return !PyErr_Occurred() && leave_to_importlib(import, FALLTHROUGH_FOREIGN_FINDER);
	switch (finders_ask_before(import->finders, import->name, path_argument(import),
				   &import->spec, &import->asked)) {
	case FINDERS_ERROR:
		return false;
	case FINDERS_UNKNOWN:
		return leave_to_importlib(import, FALLTHROUGH_FOREIGN_FINDER);
	case FINDERS_FOUND:
		import->is_foreign = true;
		return load_by_importlib(import);
	case FINDERS_NOTHING:
		break;
	}
	return search_path(import, path);
}

/* --- the steps */

/* Whether importing the parent has imported this one. Sets import->module, or an exception, if so. */
static bool has_come_meanwhile(struct import *import)
{
	PyObject *const module = PyDict_GetItemWithError(PyImport_GetModuleDict(), import->name);

	if (module == NULL || (module == Py_None && COMPAT_WAITS_FOR_PARENT))
		return PyErr_Occurred() != NULL;
	import->module = Py_NewRef(module);
	return true;
}

static bool go_on_with_initialized_parent(struct import *import)
{
	return !has_come_meanwhile(import) && find(import);
}

static bool go_on_with_parent(struct import *import)
{
	if (import->parent.name == NULL)
		return find(import);
	if (has_come_meanwhile(import))
		return false;
	const int usable = parent_look(&import->parent);
	if (usable == 0)
		return leave_to_importlib(import, FALLTHROUGH_FOREIGN_PATH);
	if (usable > 0 && import->parent.is_initializing)
		return call_then(import, STEP_PARENT_INITIALIZED, SITE_PARENT_AGAIN,
				 import->import_, &import->parent.name, 1);
	return usable > 0 && find(import);
}

static bool begin(struct import *import)
{
	PyObject *const modules = PyImport_GetModuleDict();

	import->lock = module_lock_acquire(import->name);
	if (import->lock == NULL)
		return false;
	const int there = PyDict_Contains(modules, import->name);
	import->was_imported_meanwhile = there == 1;
	if (there != 0 || parent_init(&import->parent, &import->view) != 0)
		return false;
	const int has_parent =
		import->parent.name == NULL ? 1 : PyDict_Contains(modules, import->parent.name);
	if (has_parent == 0)
		return call_then(import, STEP_PARENT_IMPORTED, SITE_PARENT, import->import_,
				 &import->parent.name, 1);
	return has_parent == 1 && go_on_with_parent(import);
}

static void end_execution(struct import *import, bool was_successful)
{
	PyObject *const executed = import->module;

	if (session.makes_snapshot)
		body_marks_end(import->mark);
	import->module = execute_end(import->name, import->spec, was_successful);
	import->is_loaded = import->module != NULL;
	session.stats.modules += import->is_loaded;
	Py_DECREF(executed);
}

static void end_loading(struct import *import, PyObject *module)
{
	import->module = Py_XNewRef(module);
	import->is_loaded = module != NULL;
	session.stats.extensions += module != NULL && import->is_own &&
				    import->view.record->kind == PYB_MODULE_EXTENSION;
}

static bool take_step(struct import *import, PyObject *result)
{
	const enum step step = import->next;

	import->next = STEP_END;
	switch (step) {
	case STEP_BEGIN:
		return begin(import);
	case STEP_PARENT_IMPORTED:
		return result != NULL && go_on_with_parent(import);
	case STEP_PARENT_INITIALIZED:
		return result != NULL && go_on_with_initialized_parent(import);
	case STEP_EXECUTED:
		end_execution(import, result != NULL);
		break;
	case STEP_LOADED:
		end_loading(import, result);
		break;
	case STEP_LEFT:
		import->module = Py_XNewRef(result);
		break;
	case STEP_END:
		break;
	}
	return false;
}

static void tell_parent(struct import *import)
{
	if (!import->has_child)
		return;
	parent_pop_child(&import->parent);
	if (import->module != NULL && parent_bind(&import->parent, import->module) != 0)
		Py_CLEAR(import->module);
}

struct import *load_begin(const struct pyb_module_view *view, PyObject *name, PyObject *import_,
			  bool is_deferred)
{
	struct import *const import = PyMem_Malloc(sizeof(*import));

	if (import != NULL)
		*import = (struct import){.view = *view,
					  .name = name,
					  .import_ = import_,
					  .is_deferred = is_deferred};
	return import;
}

const struct framed_call *load_next(struct import *import, PyObject *result)
{
	bool has_call = take_step(import, result);

	Py_XDECREF(result);
	/* The call could not be prepared: to what comes after it, it has failed. */
	if (!has_call && import->next != STEP_END)
		has_call = take_step(import, NULL);
	return has_call ? &import->call : NULL;
}

static void release(struct import *import)
{
	parent_release(&import->parent);
	Py_XDECREF(import->lock);
	Py_XDECREF(import->finders);
	Py_XDECREF(import->spec);
	Py_XDECREF(import->code);
	PyMem_Free(import);
}

PyObject *load_end(struct import *import, bool *is_deferred)
{
	PyObject *const arguments[] = {import->name, import->import_};
	const bool was_imported_meanwhile = import->was_imported_meanwhile;

	tell_parent(import);
	if (import->module != NULL && import->is_loaded &&
	    lazy_note_imported(import->module, import->name) != 0)
		Py_CLEAR(import->module);
	if (import->is_foreign && !code_was_lent(&import->view))
		left_note(FALLTHROUGH_FOREIGN_FINDER, import->name);
	if (import->lock != NULL && module_lock_release(import->lock) != 0)
		Py_CLEAR(import->module);
	PyObject *const module = import->module;
	*is_deferred = import->is_deferred;
	release(import);
	if (was_imported_meanwhile && !PyErr_Occurred())
		return intercept_pass(&stock_importlib.stood_in.find_and_load, arguments, 2, NULL);
	return module;
}
