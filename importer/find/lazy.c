/* SPDX-License-Identifier: MIT */
#include "importer/find/lazy.h"

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"

/* importlib catches every Exception, and no more. */
static int warn(PyObject *name)
{
	PyObject *const raised = compat_take_exception().value;
	PyObject *const text =
		PyUnicode_FromFormat("Cannot set lazy attributes on %R: %R", name, raised);
	PyObject *const arguments[] = {text, PyExc_ImportWarning};
	PyObject *const result =
		text == NULL ? NULL
			     : frames_call(SITE_LAZY_WARN, stock_importlib.warn, arguments, 2);

	Py_XDECREF(raised);
	Py_XDECREF(text);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

int lazy_note_imported(PyObject *module, PyObject *name)
{
	if (!COMPAT_NOTES_LAZY_MODULES)
		return 0;
	PyObject *const note =
		PyDict_GetItemWithError(stock_importlib.imp_dict, identifiers.set_lazy_attributes);
	PyObject *const arguments[] = {module, name};
	PyObject *result = NULL;

	if (note != NULL)
		result = frames_call(SITE_LAZY, note, arguments, 2);
	else if (!PyErr_Occurred())
		PyErr_SetObject(PyExc_AttributeError, identifiers.set_lazy_attributes);
	if (result == NULL && PyErr_ExceptionMatches(PyExc_Exception))
		return warn(name);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}
