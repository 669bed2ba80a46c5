/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/find/frozen.h"

#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/importlib.h"
#include "importer/find/code.h"
#include "importer/policy.h"
#include "importer/session.h"

typedef PyObject *(*fast_function)(PyObject *, PyObject *const *, Py_ssize_t);

static struct frozen {
	const PyMethodDef *stock; /* what _imp.get_frozen_object() was made from */
	PyMethodDef ours;         /* the same, but for the function */
	PyObject *find;           /* _imp.find_frozen(); owned */
} frozen;

/* The number that the image has for a module; false if there is none of this name. */
static bool find_number(const char *name, uint32_t *number)
{
	const struct pyb_image_view *const view = &used_bundle.image.view;
	const char *known = view->frozen;

	for (uint32_t i = 0; i < view->frozen_count; i++) {
		if (strcmp(known, name) == 0) {
			*number = view->reader->module_count + i;
			return true;
		}
		known += strlen(known) + 1;
	}
	return false;
}

/*
 * Whether the interpreter would unmarshal its own code for the module just now: frozen modules can be
 * switched off at any time, and C code can add some of its own, which come first. The interpreter's own
 * are those that the bundle was made from, for its build id is the same.
 */
static bool is_stock(PyObject *name)
{
	PyObject *const found =
		PyImport_FrozenModules == NULL ? PyObject_CallOneArg(frozen.find, name) : NULL;
	const bool is_found = found != NULL && found != Py_None;

	PyErr_Clear();
	Py_XDECREF(found);
	return is_found;
}

/* Unmarshalling raises an audit event: where a program would hear of it, stock Python does it. */
static PyObject *take(PyObject *name)
{
	const char *const text = PyUnicode_AsUTF8(name);
	uint32_t number;

	if (text == NULL)
		PyErr_Clear();
	if (text == NULL || !find_number(text, &number) || internals_is_audited() ||
	    !is_stock(name))
		return NULL;
	PyObject *const code = code_take_from_image(number, text);
	session.stats.frozen += code != NULL;
	return code;
}

/* Importlib's path-based part is such a module, and comes before what a program can set is looked at. */
static bool is_on(void)
{
	return session.phase == PHASE_READY || session.phase == PHASE_HOOKED;
}

static PyObject *get_frozen_object(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
	if (is_on() && count == 1 && PyUnicode_CheckExact(args[0])) {
		PyObject *const code = take(args[0]);
		if (code != NULL || PyErr_Occurred())
			return code;
	}
	void (*const function)(void) = (void (*)(void))frozen.stock->ml_meth;
	return ((fast_function)function)(self, args, count);
}

/* Whether the bundle has their code, made by just this build of the interpreter. */
static bool has_code(void)
{
	return image_is_there(&used_bundle.image) && used_bundle.image.view.frozen_count > 0 &&
	       used_bundle.reader.header->fingerprint.libpython.size > 0;
}

void frozen_init(void)
{
	/* A built-in function hashes by what it calls, and a program may have it in a set already. */
	if (!COMPAT_UNMARSHALS_FROZEN || !policy_is_on(PYB_POLICY_FROZEN) || !has_code() ||
	    Py_IsInitialized())
		return;
	PyObject *const object = compat_dict_find(stock_importlib.imp_dict, "get_frozen_object");
	PyObject *const find = compat_dict_find(stock_importlib.imp_dict, "find_frozen");
	PyCFunctionObject *const function = (PyCFunctionObject *)object;

	if (object == NULL || !PyCFunction_CheckExact(object) || find == NULL ||
	    function->m_ml->ml_flags != METH_FASTCALL)
		return;
	frozen.find = Py_NewRef(find);
	frozen.stock = function->m_ml;
	frozen.ours = *function->m_ml;
	frozen.ours.ml_meth = (PyCFunction)(void (*)(void))get_frozen_object;
	function->m_ml = &frozen.ours;
}
