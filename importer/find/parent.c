/* SPDX-License-Identifier: MIT */
#include "importer/find/parent.h"

#include <string.h>

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/session.h"

void parent_release(struct parent *parent)
{
	Py_XDECREF(parent->name);
	Py_XDECREF(parent->child);
	Py_XDECREF(parent->path);
	Py_XDECREF(parent->uninitialized);
}

int parent_init(struct parent *parent, const struct pyb_module_view *view)
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
	return 0;
}

static int look_at_progress(struct parent *parent, PyObject *spec)
{
	PyObject *const value = COMPAT_WAITS_FOR_PARENT
					? PyObject_GetAttr(spec, identifiers.initializing)
					: Py_NewRef(Py_False);
	int truth = value == NULL ? -1 : PyObject_IsTrue(value);

	if (value == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
		PyErr_Clear();
		truth = 0;
	}
	Py_XDECREF(value);
	parent->is_initializing = truth > 0;
	return truth < 0 ? -1 : 0;
}

int parent_look(struct parent *parent)
{
	PyObject *const module = PyDict_GetItemWithError(PyImport_GetModuleDict(), parent->name);
	PyObject *spec;

	if (module == NULL) {
		if (!PyErr_Occurred())
			PyErr_SetObject(PyExc_KeyError, parent->name);
		return -1;
	}
	parent->path = PyObject_GetAttr(module, identifiers.dunder_path);
	spec = parent->path == NULL ? NULL : PyObject_GetAttr(module, identifiers.dunder_spec);
	if (spec != NULL && PyObject_IsTrue(spec) == 1)
		parent->uninitialized =
			PyObject_GetAttr(spec, identifiers.uninitialized_submodules);
	if (parent->uninitialized != NULL && look_at_progress(parent, spec) != 0)
		Py_CLEAR(parent->uninitialized);
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
	PyObject *const result = frames_call(SITE_BIND, stock_importlib.setattr, arguments, 3);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

static int warn(const struct parent *parent)
{
	PyObject *const text = PyUnicode_FromFormat(
		"Cannot set an attribute on %R for child module %R", parent->name, parent->child);
	PyObject *const arguments[] = {text, PyExc_ImportWarning};
	PyObject *const result =
		text == NULL ? NULL : frames_call(SITE_WARN, stock_importlib.warn, arguments, 2);

	Py_XDECREF(text);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

int parent_bind(const struct parent *parent, PyObject *module)
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
	return warn(parent);
}

void parent_pop_child(const struct parent *parent)
{
	PyObject *const list = parent->uninitialized;
	const struct compat_exception raised = compat_take_exception();
	const Py_ssize_t size = PyList_GET_SIZE(list);

	if (size > 0 && PyList_SetSlice(list, size - 1, size, NULL) != 0)
		PyErr_Clear();
	compat_restore_exception(raised);
}

int parent_push_child(const struct parent *parent)
{
	return PyList_Append(parent->uninitialized, parent->child);
}
