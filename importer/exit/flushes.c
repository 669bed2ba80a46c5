/* SPDX-License-Identifier: MIT */
#include "importer/exit/flushes.h"

#include <stddef.h>

#include "importer/cpython/compat.h"
#include "importer/exit/lookup.h"

enum { OUTPUTS = 2 };

static const char *const outputs[OUTPUTS] = {"stdout", "stderr"};
static const char *const originals[OUTPUTS] = {"__stdout__", "__stderr__"};

static struct watched {
	PyObject *streams[OUTPUTS]; /* owned; NULL: not watched */
	bool failed;
} watched;

/* Stands in for the method of the stream, and calls it. */
static PyObject *flush(PyObject *stream, PyObject *unused)
{
	PyObject *const type = (PyObject *)Py_TYPE(stream);
	PyObject *const result = PyObject_CallMethod(type, "flush", "O", stream);

	(void)unused;
	watched.failed |= result == NULL;
	return result;
}

static PyMethodDef definition = {"flush", flush, METH_NOARGS, NULL};

static bool has_own_flush(PyObject *stream)
{
	PyObject *const *const dict = _PyObject_GetDictPtr(stream);

	return dict != NULL && *dict != NULL && lookup(*dict, "flush") != NULL;
}

/* An attribute of the stream's own comes before the method of its type. */
static bool watch(size_t i)
{
	PyObject *const stream = PySys_GetObject(outputs[i]);

	if (stream == NULL || stream != PySys_GetObject(originals[i]))
		return false;
	if (stream == Py_None)
		return true;
	PyObject *const function =
		has_own_flush(stream) ? NULL : PyCFunction_New(&definition, stream);
	if (function != NULL && PyObject_SetAttrString(stream, "flush", function) == 0)
		watched.streams[i] = Py_NewRef(stream);
	Py_XDECREF(function);
	return watched.streams[i] != NULL;
}

static bool is_input_read_only(void)
{
	PyObject *const stream = PySys_GetObject("__stdin__");

	if (stream == NULL || stream == Py_None)
		return stream != NULL;
	PyObject *const writable = PyObject_CallMethod(stream, "writable", NULL);
	Py_XDECREF(writable);
	return writable == Py_False;
}

bool flushes_watch(void)
{
	bool all = is_input_read_only();

	watched.failed = false;
	for (size_t i = 0; i < OUTPUTS && all; i++)
		all = watch(i);
	if (!all)
		flushes_end();
	PyErr_Clear();
	return all;
}

bool flushes_end(void)
{
	for (size_t i = 0; i < OUTPUTS; i++)
		if (watched.streams[i] != NULL) {
			PyObject_DelAttrString(watched.streams[i], "flush");
			Py_CLEAR(watched.streams[i]);
		}
	PyErr_Clear();
	return !watched.failed;
}
