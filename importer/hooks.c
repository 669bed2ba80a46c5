/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/hooks.h"

#include "importer/bundle/mapping.h"
#include "importer/bundle/settings.h"
#include "importer/cpython/builtin_exec.h"
#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/cpython/intercept.h"
#include "importer/cpython/probe.h"
#include "importer/features.h"
#include "importer/find/code.h"
#include "importer/find/foreign_stats.h"
#include "importer/find/frozen.h"
#include "importer/find/left.h"
#include "importer/find/load.h"
#include "importer/find/module_file.h"
#include "importer/find/owed.h"
#include "importer/find/resolve.h"
#include "importer/find/spec.h"
#include "importer/memory/gc_deferral.h"
#include "importer/memos/generated.h"
#include "importer/memos/metadata.h"
#include "importer/memos/pth.h"
#include "importer/memos/regex.h"
#include "importer/message.h"
#include "importer/resume/make.h"
#include "importer/session.h"
#include "importer/snapshot/body_marks.h"

/* --- SourceLoader.get_code(self, fullname) */

/* Whether the loader is importlib's own for a module of the bundle. Sets no exception. */
static bool is_bundled_loader(PyObject *loader, PyObject *name, struct pyb_module_view *view)
{
	PyObject *path, *own;

	if (!Py_IS_TYPE(loader, stock_importlib.source_loader) || !PyUnicode_CheckExact(name) ||
	    !importlib_is_pristine(&stock_importlib) || !load_find(name, view) ||
	    view->record->kind != PYB_MODULE_SOURCE)
		return false;
	path = PyObject_GetAttr(loader, identifiers.path);
	bool same = path != NULL && spec_is_origin(view, path);
	Py_XDECREF(path);
	/* get_code() checks the name that it is given against the loader's own. */
	own = same ? PyObject_GetAttr(loader, identifiers.name) : NULL;
	same = own != NULL && PyUnicode_Check(own) && PyUnicode_Compare(own, name) == 0;
	Py_XDECREF(own);
	PyErr_Clear();
	return same;
}

static PyObject *get_code(PyObject *function, PyObject *const *args, size_t count,
			  PyObject *keywords)
{
	struct pyb_module_view view;

	(void)function;
	if (session.phase == PHASE_READY && PyVectorcall_NARGS(count) == 2 && keywords == NULL &&
	    intercept_applies(&stock_importlib.stood_in.get_code) &&
	    is_bundled_loader(args[0], args[1], &view) &&
	    module_file_look(&view) == MODULE_FILE_SAME) {
		PyObject *const code = code_take(&view);
		if (code != NULL) {
			code_note_lent(&view);
			session.stats.codes++;
		}
		if (code != NULL || PyErr_Occurred())
			return code;
	}
	return intercept_pass(&stock_importlib.stood_in.get_code, args, count, keywords);
}

/* --- PathFinder._get_spec(cls, fullname, path, target=None) */

/* Whether the bundle knows a module of this name, and importlib is such that it may be served. */
static bool is_known(PyObject *name, struct pyb_module_view *view)
{
	return load_find(name, view) && importlib_is_pristine(&stock_importlib);
}

static PyObject *find_bundled_spec(PyObject *name, PyObject *path, PyObject *target)
{
	const struct question question = {.name = name, .target = target, .in_path_finder = true};
	struct pyb_module_view view;
	enum fallthrough reason;
	PyObject *spec = NULL;

	if (!is_known(name, &view))
		return NULL;
	switch (resolve_module(&view, path, &question, &spec, &reason)) {
	case VERDICT_SERVE:
		if (!module_file_exists(&view)) {
			left_note(FALLTHROUGH_STALE, name);
			return NULL;
		}
		session.stats.specs++;
		if (view.record->kind == PYB_MODULE_EXTENSION)
			code_note_lent(&view);
		return spec_new(&view, name, false);
	case VERDICT_FOUND:
		left_note(reason, name);
		return spec;
	case VERDICT_ABSENT:
		session.stats.absent++;
		code_note_lent(&view);
		return spec_new_absent(name);
	case VERDICT_LEAVE:
		left_note(reason, name);
		return NULL;
	case VERDICT_ERROR:
		return NULL;
	}
	return NULL;
}

static PyObject *get_spec(PyObject *function, PyObject *const *args, size_t count,
			  PyObject *keywords)
{
	const Py_ssize_t given = PyVectorcall_NARGS(count);

	(void)function;
	if (session.phase == PHASE_READY && keywords == NULL && given >= 3 && given <= 4 &&
	    args[0] == stock_importlib.path_finder && PyUnicode_CheckExact(args[1]) &&
	    intercept_applies(&stock_importlib.stood_in.get_spec)) {
		owed_notice_changes();
		PyObject *const spec =
			find_bundled_spec(args[1], args[2], given > 3 ? args[3] : Py_None);
		if (spec != NULL || PyErr_Occurred())
			return spec;
	}
	return intercept_pass(&stock_importlib.stood_in.get_spec, args, count, keywords);
}

/* --- the second step: importlib is complete */

static void refuse(const char *reason)
{
	PyErr_Clear();
	session.phase = PHASE_REFUSED;
	message_refusal("%s: %s; starting without it", used_bundle.path, reason);
}

/* Called with each import until importlib is complete, which it is before the first file is read. */
static void complete(void)
{
	const char *reason = NULL;
	const int there = importlib_init_external(&stock_importlib);

	if (there == 0)
		return;
	if (there < 0) {
		refuse("importlib is not as expected");
		return;
	}
	if (!fit_settings(used_bundle.reader.header, &stock_importlib, &reason)) {
		refuse(reason);
		return;
	}
	if (importlib_watch(&stock_importlib) != 0 ||
	    intercept(&stock_importlib.stood_in.get_spec, stock_importlib.get_spec, get_spec) !=
		    0 ||
	    intercept(&stock_importlib.stood_in.get_code, stock_importlib.get_code, get_code) !=
		    0) {
		refuse("importlib is not as expected");
		return;
	}
	session.phase = PHASE_READY;
	regex_init();
	generated_init();
}

/* --- _frozen_importlib._find_and_load(name, import_) */

/*
 * Here and not in is_known(), as an import that is left asks the path finder in its turn, and would be
 * counted twice.
 */
static bool note_unless_known(PyObject *name, struct pyb_module_view *view)
{
	if (!load_find(name, view)) {
		left_note_unknown(name);
		return false;
	}
	if (importlib_is_pristine(&stock_importlib))
		return true;
	foreign_note_change(stock_importlib.changes.text);
	left_note(FALLTHROUGH_FOREIGN_FINDER, name);
	return false;
}

static bool is_to_be_served(PyObject *const *args, size_t count, PyObject *keywords,
			    struct pyb_module_view *view)
{
	if (session.phase == PHASE_HOOKED)
		complete();
	if (session.makes_snapshot && PyVectorcall_NARGS(count) > 0 && PyUnicode_Check(args[0]) &&
	    PyUnicode_CompareWithASCIIString(args[0], "site") == 0)
		make_note_site();
	if (session.phase != PHASE_READY || PyVectorcall_NARGS(count) != 2 || keywords != NULL ||
	    !PyUnicode_CheckExact(args[0]))
		return false;
	/* Where importlib raises an event of its own as it begins, it does all of what is listened to. */
	if (!intercept_applies(&stock_importlib.stood_in.find_and_load) ||
	    (COMPAT_IMPORTLIB_AUDITS && (internals_is_audited() || internals_is_audited_in_c()))) {
		owed_make();
		return false;
	}
	owed_notice_changes();
	PyObject *const modules = PyImport_GetModuleDict();
	/* A program can put another dictionary into sys.modules; importlib heeds only that one. */
	if (importlib_sys(&stock_importlib, identifiers.modules) != modules)
		return false;
	if (PyDict_Contains(modules, args[0]) != 0) {
		PyErr_Clear();
		return false;
	}
	return note_unless_known(args[0], view);
}

/*
 * Not inlined, as what follows: what these have on the C stack is not to stay there while a module is
 * executed, for modules import one another to any depth. NULL, without an exception, if the import is
 * importlib's.
 */
__attribute__((noinline)) static struct import *begin_import(PyObject *const *args, size_t count,
							     PyObject *keywords)
{
	struct pyb_module_view view;

	if (!is_to_be_served(args, count, keywords, &view))
		return NULL;
	const bool is_deferred = gc_deferral_begin();
	struct import *const import = load_begin(&view, args[0], args[1], is_deferred);
	if (import == NULL && is_deferred)
		gc_deferral_end();
	if (import != NULL)
		metadata_begin(import, args[0]);
	return import;
}

static PyObject *settle(PyObject *module, bool is_deferred)
{
	if (module != NULL)
		regex_notice_import();
	if (is_deferred)
		gc_deferral_end();
	return module;
}

__attribute__((noinline)) static PyObject *end_import(struct import *import)
{
	bool is_deferred;

	metadata_end(import);
	PyObject *const module = load_end(import, &is_deferred);

	return settle(module, is_deferred);
}

__attribute__((noinline)) static PyObject *pass_on(PyObject *const *args, size_t count,
						   PyObject *keywords)
{
	const bool is_deferred = gc_deferral_begin();
	const bool is_site = PyVectorcall_NARGS(count) > 0 && pth_begin(args[0]);
	PyObject *const module =
		intercept_pass(&stock_importlib.stood_in.find_and_load, args, count, keywords);

	if (is_site)
		pth_end();
	return settle(module, is_deferred);
}

__attribute__((noinline)) static PyObject *run_import(struct import *import)
{
	const struct framed_call *call;
	PyObject *result = NULL;

	while ((call = load_next(import, result)) != NULL)
		result = frames_run(call);
	return end_import(import);
}

static PyObject *find_and_load(PyObject *function, PyObject *const *args, size_t count,
			       PyObject *keywords)
{
	/* Of this module it is not known what it asks for, whatever that is which imports it. */
	const unsigned mark = session.makes_snapshot ? body_marks_begin("", "", "") : 0;
	struct import *const import = begin_import(args, count, keywords);
	PyObject *const module =
		import != NULL ? run_import(import) : pass_on(args, count, keywords);

	(void)function;
	if (session.makes_snapshot)
		body_marks_end(mark);
	return module;
}

int hooks_install(void)
{
	const char *const fault = probe_find_fault();

	if (fault != NULL) {
		message_verbose("nothing is hooked: %s", fault);
		return -1;
	}
	features_leave_out_unfit();
	if (identifiers_init() != 0 || importlib_init_early(&stock_importlib) != 0 ||
	    intercept(&stock_importlib.stood_in.find_and_load,
		      stock_importlib.functions[IMPORTLIB_FIND_AND_LOAD], find_and_load) != 0)
		return -1;
	builtin_exec_init(stock_importlib.builtins);
	gc_deferral_init();
	frozen_init();
	session.phase = PHASE_HOOKED;
	return 0;
}
