/* SPDX-License-Identifier: MIT */
#include "importer/exit/known_code.h"

#include "importer/exit/streams.h"

bool known_code_is(PyObject *function, PyObject *globals, const char *qualname)
{
	if (!PyFunction_Check(function) || globals == NULL ||
	    PyFunction_GetGlobals(function) != globals)
		return false;
	const PyCodeObject *const code = (PyCodeObject *)PyFunction_GetCode(function);
	PyObject *const file = PyDict_GetItemString(globals, "__file__");
	return streams_is_text(code->co_qualname, qualname) && file != NULL &&
	       PyUnicode_Check(file) && PyUnicode_Compare(code->co_filename, file) == 0;
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
