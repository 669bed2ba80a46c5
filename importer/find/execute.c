/* SPDX-License-Identifier: MIT */
#include "importer/find/execute.h"

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/find/spec.h"
#include "importer/session.h"

static int end_initializing(PyObject *spec)
{
	const struct compat_exception raised = compat_take_exception();
	const int result = PyObject_SetAttr(spec, identifiers.initializing, Py_False);

	if (raised.value != NULL || raised.type != NULL) {
		PyErr_Clear();
		compat_restore_exception(raised);
	}
	return result;
}

static void forget_module(PyObject *modules, PyObject *name)
{
	const struct compat_exception raised = compat_take_exception();

	if (PyDict_Contains(modules, name) != 1 || PyDict_DelItem(modules, name) != 0)
		PyErr_Clear();
	compat_restore_exception(raised);
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
		return PyErr_Occurred() ? NULL
					: frames_raise(SITE_POP, &raise_key_error_method, name);
	if (PyDict_DelItem(modules, name) != 0 || PyDict_SetItem(modules, name, module) != 0)
		Py_CLEAR(module);
	return module;
}

PyObject *execute_function(void)
{
	PyObject *const exec = PyDict_GetItemWithError(stock_importlib.builtins, identifiers.exec);

	if (exec == NULL && !PyErr_Occurred())
		PyErr_SetString(PyExc_NameError, "name 'exec' is not defined");
	return exec;
}

PyObject *execute_begin(const struct pyb_module_view *view, PyObject *name, PyObject *spec)
{
	PyObject *module = spec_new_module(view, name, spec);

	if (module == NULL)
		return NULL;
	if (PyObject_SetAttr(spec, identifiers.initializing, Py_True) != 0) {
		Py_CLEAR(module);
	} else if (PyDict_SetItem(PyImport_GetModuleDict(), name, module) != 0) {
		(void)end_initializing(spec);
		Py_CLEAR(module);
	}
	return module;
}

PyObject *execute_end(PyObject *name, PyObject *spec, bool was_successful)
{
	PyObject *const modules = PyImport_GetModuleDict();
	PyObject *loaded = NULL;

	if (was_successful)
		loaded = settle_module(modules, name);
	else
		forget_module(modules, name);
	if (end_initializing(spec) != 0)
		Py_CLEAR(loaded);
	return loaded;
}
