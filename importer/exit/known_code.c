/* SPDX-License-Identifier: MIT */
#include "importer/exit/known_code.h"

#include "importer/bundle/mapping.h"
#include "importer/exit/streams.h"
#include "importer/find/code.h"

/* Whether the image has given its code of the module that has these globals. */
static bool is_from_image(PyObject *globals)
{
	PyObject *const name = compat_dict_find(globals, "__name__");
	Py_ssize_t size = 0;
	const char *const text =
		name != NULL && PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &size) : NULL;
	struct pyb_module_view view;

	PyErr_Clear();
	return text != NULL &&
	       pyb_reader_find(&used_bundle.reader, text, (size_t)size, &view, NULL) == PYB_OK &&
	       view.record != NULL && code_is_in_use(&view);
}

/*
 * Names are what a program can give to code of its own, too. Of a module from the image all code has more
 * references than that can have.
 */
static bool is_modules_own(PyObject *globals, const PyCodeObject *code)
{
	return !is_from_image(globals) ||
	       code->ob_base.ob_base.ob_refcnt >= COMPAT_IMAGE_REFCNT / 2;
}

bool known_code_is(PyObject *function, PyObject *globals, const char *qualname)
{
	if (!PyFunction_Check(function) || globals == NULL ||
	    PyFunction_GetGlobals(function) != globals)
		return false;
	const PyCodeObject *const code = (PyCodeObject *)PyFunction_GetCode(function);
	PyObject *const file = compat_dict_find(globals, "__file__");
	return streams_is_text(code->co_qualname, qualname) && file != NULL &&
	       PyUnicode_Check(file) && PyUnicode_Compare(code->co_filename, file) == 0 &&
	       is_modules_own(globals, code);
}

bool known_code_uses(PyObject *function, const char *const *names, size_t count)
{
	PyObject *const used = ((PyCodeObject *)PyFunction_GetCode(function))->co_names;

	if ((size_t)PyTuple_GET_SIZE(used) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!streams_is_text(PyTuple_GET_ITEM(used, (Py_ssize_t)i), names[i]))
			return false;
	return true;
}
