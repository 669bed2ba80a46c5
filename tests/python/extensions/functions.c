/* SPDX-License-Identifier: MIT */
/* An extension module that has a function, and neither types nor capsules. */
#include <Python.h>

static PyObject *answer(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return PyLong_FromLong(42);
}

static PyMethodDef functions[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "acts",
	.m_methods = functions,
};

PyMODINIT_FUNC PyInit_acts(void)
{
	return PyModule_Create(&definition);
}
